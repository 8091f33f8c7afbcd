// SPDX-License-Identifier: Apache-2.0
// Random units: each in one pass, never more open than the budget holds.
#include "contributor/encrypt/passes.h"

#include <gtest/gtest.h>

#include <random>

namespace cryptonet::contributor::encrypt {
namespace {

TEST(Passes, TakesASortedTableInOne) {
  std::vector<UnitSpan> units;
  for (std::uint64_t i = 0; i < 1000; ++i) units.push_back({i * 10, i * 10 + 9, 60});
  EXPECT_EQ(plan_passes(units, 100).size(), 1U);
  for (UnitSpan& unit : units) unit.last_row += 1;
  EXPECT_EQ(plan_passes(units, 100).size(), 2U);
}

TEST(Passes, LetsAUnitAboveTheBudgetIn) {
  const auto passes = plan_passes({{0, 9, 500}, {5, 14, 500}}, 100);
  EXPECT_EQ(passes, (std::vector<std::vector<std::size_t>>{{0}, {1}}));
}

TEST(Passes, NeverOpensMoreThanTheBudget) {
  std::mt19937_64 random(3);
  for (int draw = 0; draw < 300; ++draw) {
    std::vector<UnitSpan> units;
    const std::size_t count = 1 + random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t first = random() % 200;
      units.push_back({first, first + random() % 100, 1 + random() % 50});
    }
    const auto passes = plan_passes(units, 100);
    std::vector<int> seen(count);
    for (const auto& pass : passes) {
      EXPECT_FALSE(pass.empty());
      for (std::uint64_t row = 0; row < 300; ++row) {
        std::uint64_t open = 0;
        for (const std::size_t unit : pass) {
          if (units[unit].first_row <= row && row <= units[unit].last_row) {
            open += units[unit].cost_bytes;
          }
        }
        ASSERT_LE(open, 100U) << "draw " << draw;
      }
      for (const std::size_t unit : pass) ++seen[unit];
    }
    ASSERT_EQ(seen, std::vector<int>(count, 1)) << "draw " << draw;
  }
}

}  // namespace
}  // namespace cryptonet::contributor::encrypt
