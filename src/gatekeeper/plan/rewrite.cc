// SPDX-License-Identifier: Apache-2.0
// Pass "rewrite": every aggregate becomes moments, sums over rows of products of at most two
// columns. NULL is stored as 0 beside a presence column, so
//   COUNT(x) = sum p_x, SUM(x) = sum x, VAR needs sum x and sum x^2 over sum p_x rows,
//   COVAR(x, y) needs sum x*y, sum x*p_y, sum y*p_x over sum p_x*p_y complete pairs,
//   CORR also sum x^2*p_y and sum y^2*p_x.
// Beside each stands the number of contributing rows and, with a weight, of persons: release asks
// the policy with them. Equal moments are kept once.
#include <algorithm>

#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Result;

class Rewriter {
 public:
  explicit Rewriter(Draft& draft) : draft_(draft) {}

  void run() {
    for (const BoundOutput& output : draft_.bound.outputs) {
      OutputForm form{output.name, output.visible, {}};
      if (const auto* key = std::get_if<std::size_t>(&output.value)) {
        form.value = *key;
      } else {
        offset_ = output.offset;
        form.value = expand(std::get<Aggregate>(output.value));
      }
      draft_.content.outputs.push_back(std::move(form));
    }
    draft_.content.order = draft_.bound.order;
    draft_.content.limit = draft_.bound.limit;
    draft_.content.offset = draft_.bound.offset;
  }

 private:
  bool nullable(std::uint32_t field) const { return draft_.column(field).nullable; }
  bool is_measure(std::uint32_t field) const {
    return draft_.column(field).role == table::Role::kMeasure;
  }

  /// The place of a moment; a power of x is 0 where x is NULL, so x need not be asked for twice.
  std::uint32_t place(Moment moment) {
    std::erase_if(moment.present, [&](std::uint32_t field) {
      return !nullable(field) || moment.powers.contains(field);
    });
    std::erase_if(moment.not_null,
                  [&](std::uint32_t field) { return !null_code(draft_.column(field)); });
    const auto found = std::ranges::find_if(
        draft_.moments, [&](const Moment& known) { return known.same_sum(moment); });
    if (found != draft_.moments.end()) {
      return static_cast<std::uint32_t>(found - draft_.moments.begin());
    }
    moment.offset = offset_;
    draft_.moments.push_back(std::move(moment));
    return static_cast<std::uint32_t>(draft_.moments.size() - 1);
  }

  AggregateForm expand(const Aggregate& aggregate) {
    AggregateForm form;
    form.aggregate = aggregate;
    Moment rows;
    for (const std::uint32_t field : aggregate.fields) {
      (is_measure(field) ? rows.present : rows.not_null).insert(field);
    }
    form.rows = place(rows);
    if (draft_.dataset->layout.weight_column()) {
      rows.persons = true;
      form.persons = place(rows);
    }
    if (aggregate.function == Function::kCount) return form;

    const std::uint32_t x = aggregate.fields.front();
    const std::uint32_t y = aggregate.fields.back();
    form.scale_x = draft_.column(x).decimals;
    form.scale_y = draft_.column(y).decimals;
    const auto sum = [&](std::map<std::uint32_t, unsigned> powers) {
      return place({std::move(powers), {x, y}, {}, false, 0});
    };
    form.sum_x = sum({{x, 1}});
    form.sum_y = sum({{y, 1}});
    // Before the squares, so that a refusal names the product, which is harder to reach.
    if (aggregate.fields.size() == 2) {
      form.sum_xy = x == y ? sum({{x, 2}}) : sum({{x, 1}, {y, 1}});
    }
    switch (aggregate.function) {
      case Function::kSum:
      case Function::kAvg:
      case Function::kCovarSamp:
      case Function::kCovarPop:
        return form;
      default:
        form.sum_xx = sum({{x, 2}});
        form.sum_yy = sum({{y, 2}});
        return form;
    }
  }

  Draft& draft_;
  std::size_t offset_ = 0;
};

}  // namespace

Result<Draft> rewrite_pass(Draft draft) {
  Rewriter(draft).run();
  std::size_t aggregates = 0;
  for (const BoundOutput& output : draft.bound.outputs) {
    aggregates += std::holds_alternative<Aggregate>(output.value) ? 1U : 0U;
  }
  draft.note("rewrite", counted(aggregates, "aggregate") + " from " +
                            counted(draft.moments.size(), "sum") +
                            " over rows (what contributes is counted beside each)");
  return draft;
}

}  // namespace cryptonet::gatekeeper::plan
