// SPDX-License-Identifier: Apache-2.0
// Greedy: the column with the most open pairs, joined by the columns that share most of its
// partners, against all their partners. Exact for GROUP BY with checks (two measures' columns
// against the indicators); 480 products for the 420 of a matrix of 20 columns with checks.
#include "columns/total/product_plan.h"

#include <algorithm>
#include <bit>
#include <map>

#include "he/arith/kernels.h"

namespace cryptonet::columns::total {
namespace {

using format::ColumnPair;
using format::kNoColumn;
using he::arith::kTileColumnsMax;
using he::arith::kTileProductsMax;
using he::arith::kTileRowsMax;
using Tile = ProductPlan::Tile;

/// Columns that a group takes at least if there are that many with common partners, and at most if
/// all have the same partners.
constexpr std::size_t kGroup = 4;
constexpr std::size_t kGroupMax = 6;

/// The columns that may stand against `rows` of a group.
std::size_t columns_beside(std::size_t rows) {
  return rows <= kTileRowsMax ? kTileColumnsMax[rows] : kTileProductsMax / rows;
}

/// The pairs as a graph of columns, less those that a tile covers already.
class OpenPairs {
 public:
  OpenPairs(std::size_t columns, std::size_t pairs) : edges_(columns), taken_(pairs, false) {}

  void add(std::uint32_t a, std::uint32_t b, std::size_t position) {
    edges_[a].push_back({b, position});
    if (a != b) edges_[b].push_back({a, position});
  }
  /// The column with the most open pairs and those that share most of its partners, no column with
  /// less than half of them; empty when no pair is open.
  std::vector<std::uint32_t> next_group();
  /// Takes all open pairs of a group: partner to the positions of its pairs with each of the group.
  std::map<std::uint32_t, std::vector<std::size_t>> take(const std::vector<std::uint32_t>& group);

 private:
  struct Edge {
    std::uint32_t other;
    std::size_t position;
  };
  const std::vector<Edge>& open_edges(std::uint32_t column) {
    std::erase_if(edges_[column], [&](const Edge& edge) { return taken_[edge.position]; });
    return edges_[column];
  }

  std::vector<std::vector<Edge>> edges_;
  std::vector<bool> taken_;
};

std::vector<std::uint32_t> OpenPairs::next_group() {
  std::uint32_t seed = 0;
  for (std::uint32_t c = 0; c < edges_.size(); ++c) {
    if (open_edges(c).size() > edges_[seed].size()) seed = c;
  }
  if (edges_[seed].empty()) return {};
  std::map<std::uint32_t, std::size_t> shared;  // partners in common with the seed
  for (const Edge& edge : edges_[seed]) {
    for (const Edge& back : edges_[edge.other]) ++shared[back.other];
  }
  shared.erase(seed);
  std::vector<std::pair<std::size_t, std::uint32_t>> ranked;
  for (const auto& [column, count] : shared) {
    if (2 * count >= edges_[seed].size()) ranked.emplace_back(count, column);
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::uint32_t> group = {seed};
  for (const auto& [count, column] : ranked) {
    const std::size_t room = count == edges_[seed].size() ? kGroupMax : kGroup;
    if (group.size() < room) group.push_back(column);
  }
  return group;
}

std::map<std::uint32_t, std::vector<std::size_t>> OpenPairs::take(
    const std::vector<std::uint32_t>& group) {
  std::map<std::uint32_t, std::vector<std::size_t>> partners;
  for (std::size_t i = 0; i < group.size(); ++i) {
    for (const Edge& edge : open_edges(group[i])) {
      taken_[edge.position] = true;
      auto& positions = partners[edge.other];
      positions.resize(group.size(), ProductPlan::kUnwanted);
      positions[i] = edge.position;
    }
  }
  return partners;
}

/// The members of the group that a partner has a pair with, one bit each.
unsigned members_of(const std::vector<std::size_t>& positions) {
  unsigned members = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] != ProductPlan::kUnwanted) members |= 1U << i;
  }
  return members;
}

using Partner = std::pair<std::uint32_t, std::vector<std::size_t>>;

/// The group's members that `members` names against the partners, with the fewer of both as rows.
Tile make_tile(const std::vector<std::uint32_t>& group, unsigned members,
               std::span<const Partner> partners) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if ((members >> i & 1U) != 0) chosen.push_back(i);
  }
  Tile tile;
  const bool members_are_rows = chosen.size() <= partners.size();
  auto& own = members_are_rows ? tile.rows : tile.columns;
  auto& others = members_are_rows ? tile.columns : tile.rows;
  for (const std::size_t i : chosen) own.push_back(group[i]);
  for (const Partner& partner : partners) others.push_back(partner.first);
  tile.positions.resize(chosen.size() * partners.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    for (std::size_t j = 0; j < partners.size(); ++j) {
      const std::size_t at = members_are_rows ? i * partners.size() + j : j * chosen.size() + i;
      tile.positions[at] = partners[j].second[chosen[i]];
    }
  }
  return tile;
}

/// Partners of the same members stand together, those of most members first, so that only the last
/// tiles have products that nobody asked for.
void cut_into_tiles(const std::vector<std::uint32_t>& group, std::vector<Partner> partners,
                    std::vector<Tile>& tiles) {
  std::stable_sort(partners.begin(), partners.end(), [](const Partner& a, const Partner& b) {
    const unsigned left = members_of(a.second);
    const unsigned right = members_of(b.second);
    const int difference = std::popcount(left) - std::popcount(right);
    return difference != 0 ? difference > 0 : left > right;
  });
  for (std::size_t first = 0; first < partners.size();) {
    unsigned members = 0;
    std::size_t count = 0;
    while (first + count < partners.size()) {
      const unsigned with = members | members_of(partners[first + count].second);
      if (count + 1 > columns_beside(static_cast<std::size_t>(std::popcount(with)))) break;
      members = with;
      ++count;
    }
    tiles.push_back(make_tile(group, members, std::span(partners).subspan(first, count)));
    first += count;
  }
}

}  // namespace

ProductPlan::ProductPlan(std::span<const ColumnPair> pairs) : size_(pairs.size()) {
  for (const ColumnPair& pair : pairs) {
    columns_.push_back(pair.left);
    if (pair.right != kNoColumn) columns_.push_back(pair.right);
  }
  std::sort(columns_.begin(), columns_.end());
  columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
  const auto index_of = [&](std::uint32_t column) {
    const auto found = std::lower_bound(columns_.begin(), columns_.end(), column);
    return static_cast<std::uint32_t>(found - columns_.begin());
  };
  OpenPairs open(columns_.size(), pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::uint32_t left = index_of(pairs[i].left);
    if (pairs[i].right == kNoColumn) {
      sums_.push_back({left, i});
    } else {
      open.add(left, index_of(pairs[i].right), i);
    }
  }
  if (columns_.empty()) return;
  while (true) {
    const auto group = open.next_group();
    if (group.empty()) return;
    const auto partners = open.take(group);
    cut_into_tiles(group, {partners.begin(), partners.end()}, tiles_);
  }
}

}  // namespace cryptonet::columns::total
