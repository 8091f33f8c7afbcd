// SPDX-License-Identifier: Apache-2.0
// Pass "check": the policy's look at a plan, and the only way to a CheckedPlan. Every aggregate
// must carry the count of its contributing rows, and of persons where the schema declares a weight:
// release asks the policy with them. Every pair is checked by its type (CheckedPair).
#include "gatekeeper/plan/draft.h"
#include "gatekeeper/policy/policy.h"

namespace cryptonet::gatekeeper::plan {

using base::Error;
using base::ErrorCode;
using base::Result;

struct PlanBuilder {
  static CheckedPlan build(PlanContent content) {
    return CheckedPlan(
        std::make_unique<CheckedPlan::State>(CheckedPlan::State{std::move(content)}));
  }
};

namespace {

/// A moment that counts: no value in it, and a form for every cell of the answer.
bool is_count(const Draft& draft, std::uint32_t moment, bool persons) {
  return moment < draft.moments.size() && draft.moments[moment].powers.empty() &&
         draft.moments[moment].persons == persons && moment < draft.content.moments.size();
}

}  // namespace

Result<CheckedPlan> check_pass(Draft draft) {
  const bool weighted = draft.dataset->layout.weight_column().has_value();
  std::size_t aggregates = 0;
  for (const OutputForm& output : draft.content.outputs) {
    const auto* form = std::get_if<AggregateForm>(&output.value);
    if (form == nullptr) continue;
    ++aggregates;
    const bool counted = is_count(draft, form->rows, false);
    const bool persons = !weighted || (form->persons && is_count(draft, *form->persons, true));
    if (!counted || !persons) {
      return Error(ErrorCode::kRefused, "plan.policy",
                   "an aggregate does not count what contributes to it");
    }
  }
  const std::string smallest = std::to_string(policy::ReleasePolicy{}.smallest_cell);
  draft.note("check", counted(aggregates, "aggregate") + ", each suppressed below " + smallest +
                          " contributing rows" + (weighted ? " or " + smallest + " persons" : "") +
                          "; every total has its check");
  draft.content.explanation = explain(draft);
  draft.content.fingerprint = fingerprint_of(draft);
  return PlanBuilder::build(std::move(draft.content));
}

}  // namespace cryptonet::gatekeeper::plan
