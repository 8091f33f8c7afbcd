// SPDX-License-Identifier: Apache-2.0
// Which units are encrypted in which reading of the table. A unit is open from its first row to its
// last and costs its hint accumulators meanwhile; the units of one pass never cost more than the
// budget at once. A table sorted by its partition needs one pass.
#pragma once

#include <cstdint>
#include <vector>

namespace cryptonet::contributor::encrypt {

struct UnitSpan {
  std::uint64_t first_row = 0;
  std::uint64_t last_row = 0;
  std::uint64_t cost_bytes = 0;
};

/// passes[p] lists indexes into `units`; every unit stands in exactly one pass.
std::vector<std::vector<std::size_t>> plan_passes(const std::vector<UnitSpan>& units,
                                                  std::uint64_t budget_bytes);

}  // namespace cryptonet::contributor::encrypt
