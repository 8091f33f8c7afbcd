// SPDX-License-Identifier: Apache-2.0
// Known decimals, and the round trip over random ones.
#include "table/decimal.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

namespace cryptonet::table {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(Decimal, WritesThePointAndTheZeros) {
  EXPECT_EQ(decimal_text(-1250, 2), "-12.50");
  EXPECT_EQ(decimal_text(0, 0), "0");
  EXPECT_EQ(decimal_text(0, 2), "0.00");
  EXPECT_EQ(decimal_text(5, 3), "0.005");
  EXPECT_EQ(decimal_text(kMin, 0), "-9223372036854775808");
  EXPECT_EQ(decimal_text(kMin, 15), "-9223.372036854775808");
}

TEST(Decimal, ReadsWhatANumberLooksLike) {
  EXPECT_EQ(parse_decimal("-12.50", 2), -1250);
  EXPECT_EQ(parse_decimal("+7", 2), 700);
  EXPECT_EQ(parse_decimal("007.1000", 1), 71);
  EXPECT_EQ(parse_decimal(".5", 1), 5);
  EXPECT_EQ(parse_decimal("5.", 1), 50);
  EXPECT_EQ(parse_decimal("1.5e1", 0), 15);
  EXPECT_EQ(parse_decimal("1500E-2", 0), 15);
  EXPECT_EQ(parse_decimal("1e-05", 5), 1);
  EXPECT_EQ(parse_decimal("0e999999999999", 0), 0);
  EXPECT_EQ(parse_decimal("-0.000", 0), 0);
  EXPECT_EQ(parse_decimal("-9223372036854775808", 0), kMin);
  EXPECT_EQ(parse_decimal("9223372036854775807", 0), kMax);
}

TEST(Decimal, SaysWhyATextIsNoDecimalOfThisScale) {
  for (const char* text : {"", "-", ".", "1e", "1e+", "1.2.3", " 1", "1 ", "nan", "inf", "0x1",
                           "1_000", "--1", "1e1.5"}) {
    EXPECT_EQ(scan_decimal(text, 2).error, DecimalError::kNotANumber) << text;
  }
  EXPECT_EQ(scan_decimal("1.005", 2).error, DecimalError::kTooManyDecimals);
  EXPECT_EQ(scan_decimal("1e-3", 2).error, DecimalError::kTooManyDecimals);
  EXPECT_EQ(scan_decimal("9223372036854775808", 0).error, DecimalError::kOverflow);
  EXPECT_EQ(scan_decimal("1e400000000", 0).error, DecimalError::kOverflow);
  EXPECT_EQ(scan_decimal("93000", 15).error, DecimalError::kOverflow);
}

TEST(Decimal, RoundsDownOnlyWhenAsked) {
  EXPECT_EQ(scan_decimal("10.99", 0, true).scaled, 10);
  EXPECT_EQ(scan_decimal("-10.01", 0, true).scaled, -11);
  EXPECT_EQ(scan_decimal("-0.0001", 0, true).scaled, -1);
  EXPECT_EQ(scan_decimal("0.0001", 2, true).scaled, 0);
  EXPECT_EQ(scan_decimal("-10.00", 0, true).scaled, -10);
}

TEST(Decimal, CountsTheDecimalsThatANumberNeeds) {
  EXPECT_EQ(decimals_needed("1.500"), 1U);
  EXPECT_EQ(decimals_needed("100"), 0U);
  EXPECT_EQ(decimals_needed("1.5e1"), 0U);
  EXPECT_EQ(decimals_needed("0.001"), 3U);
  EXPECT_EQ(decimals_needed("x"), std::nullopt);
}

TEST(Decimal, ReadsBackWhatItWrote) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() >> (random() % 64));
    const auto scaled = (random() & 1U) != 0 ? value : -value;
    const auto decimals = static_cast<unsigned>(random() % (kMaxDecimals + 1));
    ASSERT_EQ(parse_decimal(decimal_text(scaled, decimals), decimals), scaled) << "draw " << i;
  }
}

}  // namespace
}  // namespace cryptonet::table
