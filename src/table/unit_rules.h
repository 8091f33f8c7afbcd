// SPDX-License-Identifier: Apache-2.0
// How large a unit must be against its columns, and how many totals of it may ever be answered: the
// two rules that keep totals from determining rows. `encrypt` applies them, the gatekeeper checks
// them, the cloud counts.
#pragma once

#include <cstdint>

namespace cryptonet::table {

/// Real rows that a unit needs per stored column (check columns count), unless the schema says
/// allow_small_units.
inline constexpr std::uint64_t kMinRowsPerColumn = 8;

inline constexpr bool unit_is_large_enough(std::uint64_t rows, std::uint64_t stored_columns) {
  return rows / kMinRowsPerColumn >= stored_columns;
}

/// Distinct totals of a unit that the cloud may ever answer.
inline constexpr std::uint64_t cap_of_totals(std::uint64_t rows) { return rows / 3; }

}  // namespace cryptonet::table
