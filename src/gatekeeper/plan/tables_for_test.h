// SPDX-License-Identifier: Apache-2.0
// For tests: clear tables, and the totals that an honest cloud and opener would give for them. The
// stored columns are computed row by row from the schema, the products added in clear; nothing is
// encrypted.
#pragma once

#include <optional>
#include <random>
#include <vector>

#include "gatekeeper/plan/plan.h"

namespace cryptonet::gatekeeper::plan {

/// One row; both lists have one entry per schema column.
struct ClearRow {
  std::vector<std::optional<std::int64_t>> values;  ///< measures: scaled
  std::vector<std::uint32_t> codes;                 ///< dimensions and bins
  bool person = true;                               ///< the weight
};
/// Rows by version and unit, as the dataset's view lists them.
using ClearTable = std::vector<std::vector<std::vector<ClearRow>>>;

/// The view of a schema without versions; fails the test when the schema has no layout.
DatasetView view_of(const table::Schema& schema, const std::string& name = "t");
/// Cuts the rows of each version into units by the schema's partition and describes them in `view`.
ClearTable place_rows(const std::vector<std::vector<ClearRow>>& versions, DatasetView& view);
/// The stored value of a column in a row; the twin of a column counts as the column.
std::int64_t stored_value(const DatasetView& view, const ClearRow& row, std::uint32_t column);
/// What the openings of a plan would give; fails the test where a total leaves its declared range
/// or passes t/2.
OpenedTotals totals_of(const DatasetView& view, const ClearTable& table, const CheckedPlan& plan);

}  // namespace cryptonet::gatekeeper::plan
