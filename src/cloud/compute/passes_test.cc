// SPDX-License-Identifier: Apache-2.0
#include "cloud/compute/passes.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cryptonet::cloud::compute {
namespace {

using columns::format::ColumnPair;
using columns::format::kNoColumn;
using columns::format::make_pair;

/// Every pair once, by a pass that really has both its columns.
void expect_cover(const std::vector<ColumnPair>& pairs, const std::vector<Pass>& passes) {
  std::set<std::size_t> seen;
  for (const Pass& pass : passes) {
    if (pass.others.empty()) {
      ASSERT_EQ(pass.positions.size(), 1U);
      EXPECT_EQ(pairs[pass.positions[0]], (ColumnPair{pass.value, kNoColumn}));
    }
    for (std::size_t i = 0; i < pass.others.size(); ++i) {
      EXPECT_EQ(pairs[pass.positions.at(i)], make_pair(pass.value, pass.others[i]));
    }
    for (const std::size_t position : pass.positions) EXPECT_TRUE(seen.insert(position).second);
  }
  EXPECT_EQ(seen.size(), pairs.size());
}

TEST(Passes, AStarIsOnePass) {
  std::vector<ColumnPair> pairs;
  for (std::uint32_t group = 0; group < 40; ++group) pairs.push_back(make_pair(17, group));
  const auto passes = group_into_passes(pairs);
  expect_cover(pairs, passes);
  ASSERT_EQ(passes.size(), 1U);
  EXPECT_EQ(passes[0].value, 17U);
}

TEST(Passes, ATriangleIsOnePassForEachColumn) {
  std::vector<ColumnPair> pairs;
  for (std::uint32_t a = 0; a < 12; ++a) {
    for (std::uint32_t b = a; b < 12; ++b) pairs.push_back({a, b});
  }
  const auto passes = group_into_passes(pairs);
  expect_cover(pairs, passes);
  EXPECT_EQ(passes.size(), 12U);
}

TEST(Passes, CoverAnyPairs) {
  std::mt19937_64 engine(20261122);
  for (int round = 0; round < 200; ++round) {
    std::set<ColumnPair> pairs;
    const std::size_t columns = 1 + engine() % 12;
    for (std::size_t i = engine() % 60; i > 0; --i) {
      const auto a = static_cast<std::uint32_t>(engine() % columns);
      const auto b = static_cast<std::uint32_t>(engine() % (columns + 1));
      pairs.insert(make_pair(a, b == columns ? kNoColumn : b));
    }
    const std::vector<ColumnPair> asked(pairs.begin(), pairs.end());
    expect_cover(asked, group_into_passes(asked));
  }
}

}  // namespace
}  // namespace cryptonet::cloud::compute
