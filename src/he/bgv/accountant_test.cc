// SPDX-License-Identifier: Apache-2.0
// The published figures of the wide set, and the bounds against the extreme polynomials that meet
// them.
#include "he/bgv/accountant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace cryptonet::he::bgv {
namespace {

const BgvParameters& wide() {
  static const BgvParameters parameters = *BgvParameters::create(
      {8192, {281474976694273, 281474976546817, 281474976317441}, 562949952847873});
  return parameters;
}

double log2_of(const Integer& value) {
  const unsigned bits = bits_of(value);
  const unsigned shift = bits > 60 ? bits - 60 : 0;
  return std::log2(static_cast<double>(static_cast<std::uint64_t>(Integer(value >> shift)))) +
         shift;
}

TEST(Accountant, GivesTheFiguresOfTheWideSet) {
  // For t = 2^50 they are 54.43 and 121.85; this t is just below 2^49.
  const Accountant accountant(wide());
  EXPECT_NEAR(log2_of(accountant.fresh()), 53.43, 0.01);
  EXPECT_NEAR(log2_of(accountant.masked_total(1, true)), 119.85, 0.02);
  EXPECT_EQ(bits_of(accountant.modulus()), 144U);
  EXPECT_TRUE(accountant.admits_masked_total(accountant.masked_total(1U << 19, true)));
  EXPECT_FALSE(accountant.admits_masked_total(accountant.masked_total(1U << 22, true)));
  EXPECT_TRUE(accountant.blinding_range() * wide().plaintext_modulus() * 8 <= accountant.modulus());
}

TEST(Accountant, BoundsAreMetByExtremePolynomialsAndNeverPassed) {
  const BgvParameters tiny = *BgvParameters::insecure_create({8, {12289}, 17});
  const Accountant accountant(tiny);
  const std::int64_t fresh = 17 / 2 + 21 * 17;
  EXPECT_TRUE(accountant.fresh() == fresh);
  // all coefficients extreme: the coefficient of X^7 of the product is N * fresh^2
  std::int64_t top = 0;
  for (int i = 0; i < 8; ++i) top += fresh * fresh;
  EXPECT_TRUE(accountant.product(accountant.fresh(), accountant.fresh()) == top);
  EXPECT_TRUE(accountant.masked_total(5, true) == 5 * top);
  EXPECT_TRUE(accountant.masked_total(5, false) == 5 * fresh);
}

TEST(Accountant, CountsBits) {
  EXPECT_EQ(bits_of(0), 0U);
  EXPECT_EQ(bits_of(1), 1U);
  EXPECT_EQ(bits_of(-8), 4U);
  EXPECT_EQ(bits_of(Integer(1) << 144), 145U);
}

}  // namespace
}  // namespace cryptonet::he::bgv
