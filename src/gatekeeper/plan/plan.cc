// SPDX-License-Identifier: Apache-2.0
// The list of the passes, and the run through them.
#include "gatekeeper/plan/plan.h"

#include <array>

#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {
namespace {

constexpr std::array<Pass, 6> kPasses = {{{"parse", parse_pass},
                                          {"bind", bind_pass},
                                          {"rewrite", rewrite_pass},
                                          {"encode", encode_pass},
                                          {"bound", bound_pass},
                                          {"cost", cost_pass}}};

}  // namespace

std::span<const Pass> passes() { return kPasses; }

base::Result<CheckedPlan> make_plan(const std::string& sql, const DatasetView& dataset) {
  Draft draft;
  draft.sql = sql;
  draft.dataset = &dataset;
  for (const Pass& pass : passes()) {
    CN_ASSIGN(draft, pass.run(std::move(draft)));
  }
  return check_pass(std::move(draft));
}

CheckedPlan::CheckedPlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
CheckedPlan::CheckedPlan(CheckedPlan&&) noexcept = default;
CheckedPlan& CheckedPlan::operator=(CheckedPlan&&) noexcept = default;
CheckedPlan::~CheckedPlan() = default;

const std::vector<PlannedPair>& CheckedPlan::pairs() const { return state_->content.pairs; }
const std::vector<PlannedVersion>& CheckedPlan::versions() const {
  return state_->content.versions;
}
const PlanFigures& CheckedPlan::figures() const { return state_->content.figures; }
const std::string& CheckedPlan::explanation() const { return state_->content.explanation; }
const std::string& CheckedPlan::fingerprint() const { return state_->content.fingerprint; }
std::vector<std::string> CheckedPlan::functions() const {
  std::set<std::string> names;
  for (const OutputForm& output : state_->content.outputs) {
    const auto* form = std::get_if<AggregateForm>(&output.value);
    if (form != nullptr) names.insert(function_name(form->aggregate.function));
  }
  return {names.begin(), names.end()};
}

}  // namespace cryptonet::gatekeeper::plan
