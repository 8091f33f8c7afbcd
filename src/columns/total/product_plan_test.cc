// SPDX-License-Identifier: Apache-2.0
#include "columns/total/product_plan.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "he/arith/kernels.h"

namespace cryptonet::columns::total {
namespace {

using format::ColumnPair;
using format::kNoColumn;
using format::make_pair;

/// Every pair once, by a tile or sum that really has its columns and that a kernel can hold.
void expect_cover(const std::vector<ColumnPair>& pairs, const ProductPlan& plan) {
  std::multiset<std::size_t> seen;
  for (const auto& sum : plan.sums()) {
    EXPECT_EQ(pairs.at(sum.position), make_pair(plan.columns().at(sum.column)));
    seen.insert(sum.position);
  }
  for (const auto& tile : plan.tiles()) {
    ASSERT_GE(tile.rows.size(), 1U);
    ASSERT_LE(tile.rows.size(), he::arith::kTileRowsMax);
    ASSERT_GE(tile.columns.size(), 1U);
    ASSERT_LE(tile.columns.size(), he::arith::kTileColumnsMax[tile.rows.size()]);
    ASSERT_EQ(tile.positions.size(), tile.rows.size() * tile.columns.size());
    for (std::size_t i = 0; i < tile.rows.size(); ++i) {
      for (std::size_t j = 0; j < tile.columns.size(); ++j) {
        const std::size_t position = tile.positions[i * tile.columns.size() + j];
        if (position == ProductPlan::kUnwanted) continue;
        EXPECT_EQ(pairs.at(position),
                  make_pair(plan.columns().at(tile.rows[i]), plan.columns().at(tile.columns[j])));
        seen.insert(position);
      }
    }
  }
  EXPECT_EQ(seen.size(), pairs.size());
  EXPECT_EQ(std::set<std::size_t>(seen.begin(), seen.end()).size(), pairs.size());
  EXPECT_EQ(plan.size(), pairs.size());
}

std::size_t products_of(const ProductPlan& plan) {
  std::size_t products = 0;
  for (const auto& tile : plan.tiles()) products += tile.positions.size();
  return products;
}

TEST(ProductPlan, TheGroupsOfACheckedSumAreTilesWithNothingWasted) {
  for (const std::uint32_t sides : {1U, 2U, 4U, 6U}) {  // columns that meet every indicator
    std::vector<ColumnPair> pairs;
    for (std::uint32_t side = 0; side < sides; ++side) {
      for (std::uint32_t group = 0; group < 12; ++group) {
        pairs.push_back(make_pair(5 + side, 40 + group));
      }
    }
    const ProductPlan plan(pairs);
    expect_cover(pairs, plan);
    EXPECT_EQ(products_of(plan), pairs.size()) << sides;
    EXPECT_LE(plan.tiles().size(), 6U) << sides;
  }
}

TEST(ProductPlan, AMatrixWithChecksWastesLittle) {
  std::vector<ColumnPair> pairs;
  for (std::uint32_t i = 0; i < 20; ++i) {
    for (std::uint32_t j = i; j < 20; ++j) {
      pairs.push_back(make_pair(2 * i, 2 * j));
      pairs.push_back(make_pair(2 * i + 1, 2 * j));
    }
  }
  const ProductPlan plan(pairs);
  expect_cover(pairs, plan);
  EXPECT_EQ(plan.columns().size(), 40U);
  EXPECT_LE(products_of(plan), 490U);
}

TEST(ProductPlan, CoversAnyPairs) {
  std::mt19937_64 engine(20261122);
  for (int round = 0; round < 400; ++round) {
    std::set<ColumnPair> pairs;
    const std::size_t columns = 1 + engine() % 16;
    for (std::size_t i = engine() % 90; i > 0; --i) {
      const auto a = static_cast<std::uint32_t>(engine() % columns);
      const auto b = static_cast<std::uint32_t>(engine() % (columns + 1));
      pairs.insert(make_pair(a, b == columns ? kNoColumn : b));
    }
    const std::vector<ColumnPair> asked(pairs.begin(), pairs.end());
    expect_cover(asked, ProductPlan(asked));
  }
}

}  // namespace
}  // namespace cryptonet::columns::total
