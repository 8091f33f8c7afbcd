// SPDX-License-Identifier: Apache-2.0
// Greedy: optimal for stars (GROUP BY) and triangles (covariances), and near it between them.
#include "cloud/compute/passes.h"

#include <algorithm>
#include <map>

namespace cryptonet::cloud::compute {

using columns::format::ColumnPair;
using columns::format::kNoColumn;

std::vector<Pass> group_into_passes(std::span<const ColumnPair> pairs) {
  std::vector<Pass> passes;
  std::map<std::uint32_t, std::vector<std::size_t>> by_column;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].right == kNoColumn) {
      passes.push_back({pairs[i].left, {}, {i}});
      continue;
    }
    by_column[pairs[i].left].push_back(i);
    if (pairs[i].right != pairs[i].left) by_column[pairs[i].right].push_back(i);
  }
  std::vector<bool> taken(pairs.size(), false);
  std::map<std::uint32_t, std::size_t> open;  // column to its pairs that are not in a pass yet
  for (const auto& [column, positions] : by_column) open[column] = positions.size();
  while (true) {
    const auto best = std::max_element(
        open.begin(), open.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == open.end() || best->second == 0) return passes;
    Pass pass{best->first, {}, {}};
    for (const std::size_t position : by_column[pass.value]) {
      if (taken[position]) continue;
      taken[position] = true;
      const ColumnPair& pair = pairs[position];
      const std::uint32_t other = pair.left == pass.value ? pair.right : pair.left;
      pass.others.push_back(other);
      pass.positions.push_back(position);
      if (other != pass.value) --open[other];
    }
    open.erase(best);
    passes.push_back(std::move(pass));
  }
}

}  // namespace cryptonet::cloud::compute
