// SPDX-License-Identifier: Apache-2.0
// Which parameter set a schema is encrypted with: the one that stores the fewest bytes per row, all
// stored columns, digits and checks counted, among those that hold the declared ranges, the rows of
// a unit, and the products that the schema wants. Of two that cost the same, the one with the
// larger totals. Two checks make more stored columns, and a unit needs rows for each: a set whose
// columns the smallest unit cannot carry is passed over where another one's it can. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "table/storage.h"

namespace cryptonet::table {

struct ParameterChoice {
  const columns::format::ParameterSet* set = nullptr;
  StoredLayout layout;
  std::uint64_t bytes_per_row = 0;
  /// What `wide` would take; nothing where it cannot hold the schema.
  std::optional<std::uint64_t> wide_bytes_per_row;
  /// One line for each set that has smaller words and was not taken: which column or bound.
  std::vector<std::string> why_no_smaller;
};

/// `smallest_unit_rows`: real rows of the smallest unit, where they are known. kRefused when no set
/// holds the schema, or not the one that Schema::parameters names.
base::Result<ParameterChoice> choose_parameters(
    const Schema& schema, std::optional<std::uint64_t> smallest_unit_rows = std::nullopt);

}  // namespace cryptonet::table
