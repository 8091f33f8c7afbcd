// SPDX-License-Identifier: Apache-2.0
// Refusals name sizes and mends, never a label of the partition.
#include "contributor/encrypt/limits.h"

#include <algorithm>

#include "table/unit_rules.h"

namespace cryptonet::contributor::encrypt {
namespace {

using base::Error;
using base::ErrorCode;
using base::Status;

/// "12, 40, 77 and 3 more".
std::string list_of(const std::vector<std::uint64_t>& sizes) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, sizes.size()); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
  }
  if (sizes.size() > kShown) text += " and " + std::to_string(sizes.size() - kShown) + " more";
  return text;
}

Status check_unit_sizes(const Census& census, const table::Schema& schema, std::uint64_t columns,
                        std::vector<std::string>& warnings) {
  const std::uint64_t needed = table::kMinRowsPerColumn * columns;
  std::vector<std::uint64_t> small;
  for (const auto& [code, unit] : census.units) {
    if (!table::unit_is_large_enough(unit.real_rows, columns)) small.push_back(unit.real_rows);
  }
  if (small.empty()) return base::ok();
  std::sort(small.begin(), small.end());
  const std::string facts = std::to_string(small.size()) + " of " +
                            std::to_string(census.units.size()) + " units have fewer than " +
                            std::to_string(needed) + " rows, which " + std::to_string(columns) +
                            " encrypted columns need (" + std::to_string(table::kMinRowsPerColumn) +
                            " rows per column); their sizes: " + list_of(small);
  if (schema.allow_small_units) {
    warnings.push_back(facts +
                       ". allow_small_units = true accepts them: whoever may ask enough questions "
                       "about so few rows can compute single rows from the exact totals");
    return base::ok();
  }
  return Error(ErrorCode::kRefused, "encrypt.unit_size", facts,
               schema.partition.empty()
                   ? "encrypt fewer columns (role = \"ignore\", fewer categories, powers or "
                     "crosses), gather more rows, or set allow_small_units = true, which gives up "
                     "this protection"
                   : "partition by fewer or coarser dimensions, encrypt fewer columns, or set "
                     "allow_small_units = true, which gives up this protection");
}

}  // namespace

Status check_limits(const Census& census, const table::Schema& schema,
                    const table::StoredLayout& layout, const columns::format::ParameterSet& set,
                    std::vector<std::string>& warnings) {
  if (census.rows == 0) {
    return Error(ErrorCode::kBadInput, "table.no_rows", "the table has no rows",
                 "give a table with at least one row");
  }
  if (census.rows > schema.row_limit) {
    return Error(ErrorCode::kRefused, "encrypt.row_limit",
                 "the table has " + std::to_string(census.rows) + " rows, row_limit is " +
                     std::to_string(schema.row_limit),
                 "raise row_limit (before the first version is published)");
  }
  for (const auto& [code, unit] : census.units) {
    if (unit.rows > schema.most_unit_rows()) {
      return Error(ErrorCode::kRefused, "encrypt.unit_row_limit",
                   "a unit has " + std::to_string(unit.rows) + " rows, unit_row_limit is " +
                       std::to_string(schema.most_unit_rows()),
                   "raise unit_row_limit (before the first version is published), or partition the "
                   "table by more");
    }
    const std::uint64_t chunks = (unit.rows + set.ring_degree() - 1) / set.ring_degree() + 1;
    if (chunks > set.max_unit_chunks) {
      return Error(ErrorCode::kRefused, "encrypt.unit_rows",
                   "a unit has " + std::to_string(unit.rows) + " rows; the parameter set '" +
                       set.name + "' holds " +
                       std::to_string((std::uint64_t{set.max_unit_chunks} - 1) * set.ring_degree()),
                   "partition the table");
    }
  }
  return check_unit_sizes(census, schema, layout.columns().size(), warnings);
}

}  // namespace cryptonet::contributor::encrypt
