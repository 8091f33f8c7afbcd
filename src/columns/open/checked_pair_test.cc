// SPDX-License-Identifier: Apache-2.0
#include "columns/open/checked_pair.h"

#include <gtest/gtest.h>

#include <vector>

#include "columns/open/phase_bound.h"

namespace cryptonet::columns::open {
namespace {

// columns 0 and 2 have the check columns 1 and 3; column 4 has none
const std::vector<std::optional<std::uint32_t>> kTwins = {1, std::nullopt, 3, std::nullopt,
                                                          std::nullopt};

TEST(CheckedPair, IsAdmittedWithExactlyOneTaggedSide) {
  for (const bool left_tagged : {false, true}) {
    for (const bool right_tagged : {false, true}) {
      const auto pair = CheckedPair::create(kTwins, {0, left_tagged}, PairSide{2, right_tagged});
      EXPECT_EQ(pair.ok(), left_tagged != right_tagged);
      if (pair.ok()) continue;
      EXPECT_EQ(pair.error().code, base::ErrorCode::kBadInput);
      EXPECT_EQ(pair.error().rule, "plan.pair");
    }
  }
  EXPECT_TRUE(CheckedPair::create(kTwins, {0, true}, std::nullopt).ok());
  EXPECT_FALSE(CheckedPair::create(kTwins, {0, false}, std::nullopt).ok());
}

TEST(CheckedPair, ReplacesTheTaggedSideByItsTwin) {
  const auto left = *CheckedPair::create(kTwins, {0, true}, PairSide{2, false});
  EXPECT_EQ(left.value(), format::make_pair(0, 2));
  EXPECT_EQ(left.check(), format::make_pair(1, 2));
  const auto right = *CheckedPair::create(kTwins, {0, false}, PairSide{2, true});
  EXPECT_EQ(right.value(), format::make_pair(0, 2));
  EXPECT_EQ(right.check(), format::make_pair(0, 3));
  const auto alone = *CheckedPair::create(kTwins, {2, true}, std::nullopt);
  EXPECT_EQ(alone.value(), format::make_pair(2));
  EXPECT_EQ(alone.check(), format::make_pair(3));
  const auto square = *CheckedPair::create(kTwins, {0, true}, PairSide{0, false});
  EXPECT_EQ(square.value(), format::make_pair(0, 0));
  EXPECT_EQ(square.check(), format::make_pair(0, 1));
}

TEST(CheckedPair, HasOneCheckForEachAlpha) {
  // column 0 has the check columns 1 and 2, column 3 has 4 and, past the end, 5
  const std::vector<std::optional<std::uint32_t>> twins = {1, std::nullopt, std::nullopt, 4,
                                                           std::nullopt};
  const auto product = *CheckedPair::create({twins, 2}, {3, false}, PairSide{0, true});
  EXPECT_EQ(product.value(), format::make_pair(0, 3));
  ASSERT_EQ(product.checks().size(), 2U);
  EXPECT_EQ(product.check(0), format::make_pair(1, 3));
  EXPECT_EQ(product.check(1), format::make_pair(2, 3));
  const auto alone = *CheckedPair::create({twins, 2}, {0, true}, std::nullopt);
  EXPECT_EQ(alone.check(1), format::make_pair(2));
  EXPECT_FALSE(CheckedPair::create({twins, 2}, {3, true}, std::nullopt).ok());
  EXPECT_EQ(CheckedPair::create(twins, {3, true}, std::nullopt)->checks().size(), 1U);
}

TEST(CheckedPair, RefusesASideWithoutTwinOrColumn) {
  EXPECT_FALSE(CheckedPair::create(kTwins, {4, true}, PairSide{0, false}).ok());
  EXPECT_FALSE(CheckedPair::create(kTwins, {4, false}, PairSide{4, false}).ok());
  EXPECT_FALSE(CheckedPair::create(kTwins, {5, true}, std::nullopt).ok());
  EXPECT_FALSE(CheckedPair::create(kTwins, {0, true}, PairSide{5, false}).ok());
}

TEST(PhaseBound, AdmitsEveryUnitOfTheWideSetAndNoLargerOnes) {
  const auto& set = format::wide_set();
  EXPECT_EQ(phase_bound_bits(set, 1, false), 54U);
  EXPECT_EQ(phase_bound_bits(set, 1, true), 120U);
  EXPECT_EQ(phase_bound_bits(set, 1U << 19, true), 139U);
  EXPECT_TRUE(admits_total(set, set.max_unit_chunks, true));
  EXPECT_FALSE(admits_total(set, 1U << 22, true));
}

}  // namespace
}  // namespace cryptonet::columns::open
