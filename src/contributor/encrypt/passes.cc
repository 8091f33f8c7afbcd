// SPDX-License-Identifier: Apache-2.0
// Greedy, in the order of first rows: a unit joins the pass when those still open leave room for
// it. A unit that alone passes the budget gets in when nothing else is open.
#include "contributor/encrypt/passes.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace cryptonet::contributor::encrypt {

std::vector<std::vector<std::size_t>> plan_passes(const std::vector<UnitSpan>& units,
                                                  std::uint64_t budget_bytes) {
  std::vector<std::size_t> waiting(units.size());
  std::iota(waiting.begin(), waiting.end(), std::size_t{0});
  std::stable_sort(waiting.begin(), waiting.end(), [&](std::size_t a, std::size_t b) {
    return units[a].first_row < units[b].first_row;
  });
  std::vector<std::vector<std::size_t>> passes;
  while (!waiting.empty()) {
    std::vector<std::size_t> pass;
    std::vector<std::size_t> later;
    std::multimap<std::uint64_t, std::uint64_t> open;  // last row -> cost
    std::uint64_t open_bytes = 0;
    for (const std::size_t unit : waiting) {
      while (!open.empty() && open.begin()->first < units[unit].first_row) {
        open_bytes -= open.begin()->second;
        open.erase(open.begin());
      }
      const std::uint64_t cost = units[unit].cost_bytes;
      if (!open.empty() && open_bytes + cost > budget_bytes) {
        later.push_back(unit);
        continue;
      }
      open.emplace(units[unit].last_row, cost);
      open_bytes += cost;
      pass.push_back(unit);
    }
    passes.push_back(std::move(pass));
    waiting = std::move(later);
  }
  return passes;
}

}  // namespace cryptonet::contributor::encrypt
