// SPDX-License-Identifier: Apache-2.0
// What a checked plan holds for the release of its answer. A row of the answer has one position per
// group key; the positions of keys that are units (partition) give its unit class, those of the
// others its cell, both in mixed radix with the first key slowest. The value of a moment in a row
// is
//   sum over the units of the class, over the terms of the cell, of
//   multiplicity * 2^shift * opened total.
#pragma once

#include "gatekeeper/plan/bound_question.h"
#include "gatekeeper/plan/plan.h"

namespace cryptonet::gatekeeper::plan {

struct Term {
  std::uint32_t pair = 0;
  std::uint32_t shift = 0;         ///< weight of the digits, in bits
  std::uint32_t multiplicity = 1;  ///< 2 where d_i*d_j stands for d_j*d_i too
};
struct UnitPlace {
  std::uint32_t version = 0;  ///< position in the plan's versions
  std::uint32_t unit = 0;     ///< position in that version's units
};
/// One sum over rows, per cell, and where its units are found.
struct MomentForm {
  std::vector<std::vector<Term>> cells;
  std::uint32_t unit_classes = 0;  ///< into PlanContent::unit_classes
};
/// The moments behind one aggregate; rows count what contributes.
struct AggregateForm {
  Aggregate aggregate;
  std::uint32_t rows = 0;
  std::optional<std::uint32_t> persons;
  std::uint32_t sum_x = 0;
  std::uint32_t sum_y = 0;
  std::uint32_t sum_xx = 0;
  std::uint32_t sum_yy = 0;
  std::uint32_t sum_xy = 0;
  unsigned scale_x = 0;  ///< decimals
  unsigned scale_y = 0;
};
struct KeyForm {
  std::vector<table::Group> groups;  ///< one per position
  bool is_partition = false;
  bool is_integer = false;  ///< every label is an integer, and they are ordered as such
};
struct OutputForm {
  std::string name;
  bool visible = true;
  std::variant<std::size_t, AggregateForm> value;  ///< a position in `keys`, or an aggregate
};

struct PlanContent {
  std::vector<PlannedPair> pairs;
  std::vector<PlannedVersion> versions;
  PlanFigures figures;
  std::string explanation;
  std::string fingerprint;
  std::vector<KeyForm> keys;
  std::vector<MomentForm> moments;
  /// [variant][class] = units; a variant leaves out the units whose NULL group must not count.
  std::vector<std::vector<std::vector<UnitPlace>>> unit_classes;
  std::vector<OutputForm> outputs;
  std::vector<SortKey> order;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
};

struct CheckedPlan::State {
  PlanContent content;
};
/// The way from a plan to its content, for release alone.
struct PlanReader {
  static const PlanContent& content(const CheckedPlan& plan) { return plan.state_->content; }
};

}  // namespace cryptonet::gatekeeper::plan
