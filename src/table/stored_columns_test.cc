// SPDX-License-Identifier: Apache-2.0
// The order of stored columns, the bounds that digits must hold, and their recombination.
#include "table/stored_columns.h"

#include <gtest/gtest.h>

#include <random>

namespace cryptonet::table {
namespace {

constexpr std::uint64_t kWideT = 562949952847873;
constexpr LayoutRules kWide = {kWideT};

ColumnSchema measure(const std::string& name, std::int64_t low, std::int64_t high,
                     unsigned powers = 1, bool nullable = false) {
  ColumnSchema column;
  column.name = column.from = name;
  column.role = Role::kMeasure;
  column.min = low;
  column.max = high;
  column.powers = powers;
  column.nullable = nullable;
  return column;
}

ColumnSchema dimension(const std::string& name, std::int64_t categories, bool paired = false) {
  ColumnSchema column;
  column.name = column.from = name;
  column.role = Role::kDimension;
  column.paired = paired;
  for (std::int64_t i = 0; i < categories; ++i) column.categories.emplace_back(i);
  return column;
}

TEST(StoredLayout, FollowsTheDocumentedOrder) {
  Schema schema;
  schema.row_limit = 1000;
  schema.weight = "w";
  schema.columns = {dimension("d", 2), measure("x", 0, 9, 2, true), dimension("p", 3),
                    dimension("e", 2, true)};
  schema.partition = {"p"};
  schema.crosses = {{"e", "d"}};
  ASSERT_FALSE(find_problem(schema));
  const auto layout = StoredLayout::create(schema, kWide);
  ASSERT_TRUE(layout.ok()) << describe(layout.error());
  EXPECT_EQ(layout->weight_column(), 2U);
  EXPECT_EQ(layout->presence_column(1), 4U);
  EXPECT_EQ(layout->weighted_presence_column(1), 6U);
  EXPECT_EQ(layout->presence_column(0), std::nullopt);
  EXPECT_EQ(layout->digits(1, 1)->first, 8U);
  EXPECT_EQ(layout->digits(1, 2)->first, 10U);
  EXPECT_FALSE(layout->digits(1, 3));
  ASSERT_EQ(layout->families().size(), 3U);
  EXPECT_EQ(layout->families()[0].column_of(1), 13U);
  EXPECT_EQ(layout->families()[1].column_of(1), 16U);
  EXPECT_EQ(layout->families()[2].column_of(3), 21U);
  EXPECT_EQ(layout->columns().size(), 22U);
  EXPECT_EQ(layout->partition_fields(), std::vector<std::uint32_t>{2});
  const std::vector<std::uint32_t> cross = {3, 0};
  EXPECT_EQ(layout->find_family(cross), &layout->families()[2]);
  for (std::uint32_t c = 0; c < layout->columns().size(); ++c) {
    const StoredColumn& column = layout->columns()[c];
    EXPECT_EQ(layout->twins()[c], column.twin);
    if (column.twin) {
      EXPECT_EQ(layout->columns()[*column.twin].check_of, c);
    }
  }
}

/// Every value of the range recombines from digits that stay within their columns' ranges.
void expect_digits_hold(const StoredLayout& layout, std::uint32_t field, unsigned power,
                        WideInteger value) {
  const auto plan = layout.digits(field, power);
  ASSERT_TRUE(plan);
  std::vector<std::int64_t> digits(plan->count);
  split_digits(value, *plan, digits);
  WideInteger sum = 0;
  for (std::uint32_t i = plan->count; i-- > 0;) {
    const StoredColumn& column = layout.columns()[plan->column_of(i)];
    ASSERT_EQ(column.digit, i);
    ASSERT_LE(column.low, digits[i]);
    ASSERT_GE(column.high, digits[i]);
    sum = (plan->count > 1 ? sum * (WideInteger{1} << plan->width_bits) : 0) + digits[i];
  }
  ASSERT_TRUE(sum == value);
}

TEST(StoredLayout, KeepsTotalsBelowHalfTOnRandomSchemas) {
  std::mt19937_64 random(11);
  for (int draw = 0; draw < 3000; ++draw) {
    Schema schema;
    schema.row_limit = 1 + (random() >> (32 + random() % 32));
    const auto bits = 1 + random() % 62;
    std::int64_t a = static_cast<std::int64_t>(random() >> (64 - bits));
    std::int64_t b = static_cast<std::int64_t>(random() >> (64 - bits));
    if ((random() & 1U) != 0) a = -a;
    const auto powers = static_cast<unsigned>(1 + random() % 4);
    schema.columns = {measure("x", std::min(a, b), std::max(a, b), powers, (random() & 1U) != 0)};
    if (find_problem(schema)) continue;
    const auto layout = StoredLayout::create(schema, kWide);
    ASSERT_TRUE(layout.ok()) << "draw " << draw << ": " << describe(layout.error());
    const WideInteger rows = schema.row_limit;
    for (const StoredColumn& column : layout->columns()) {
      const WideInteger size = std::max(std::abs(column.low), std::abs(column.high));
      ASSERT_TRUE(2 * rows * size < kWideT) << "draw " << draw;
      if (column.kind == StoredKind::kDigit && column.power == 1) {
        ASSERT_TRUE(2 * rows * size * size < kWideT) << "draw " << draw;
      }
    }
    const ColumnSchema& x = schema.columns[0];
    for (unsigned power = 1; power <= powers; ++power) {
      for (int k = 0; k < 8; ++k) {
        const auto span = static_cast<std::uint64_t>(x.max) - static_cast<std::uint64_t>(x.min);
        std::int64_t value = x.min;
        if (k == 1) value = x.max;
        if (k > 1 && span > 0) value += static_cast<std::int64_t>(random() % span);
        WideInteger raised = 1;
        for (unsigned p = 0; p < power; ++p) raised *= value;
        expect_digits_hold(*layout, 0, power, raised);
      }
      if (x.nullable) expect_digits_hold(*layout, 0, power, 0);
    }
  }
}

TEST(StoredLayout, UsesNoMoreDigitsThanNeeded) {
  Schema schema;
  schema.row_limit = 1;
  schema.columns = {measure("x", -9, 9)};
  // t = 163: (t-1)/2 = 81 = 9^2 fits in one digit; 161 gives 80 and needs two.
  EXPECT_EQ(StoredLayout::create(schema, LayoutRules{163})->digits(0, 1)->count, 1U);
  EXPECT_EQ(StoredLayout::create(schema, LayoutRules{161})->digits(0, 1)->count, 2U);
}

TEST(StoredLayout, RefusesWhatCannotFit) {
  Schema schema;
  schema.row_limit = 100;
  schema.columns = {measure("x", -9, 9)};
  const auto layout = StoredLayout::create(schema, LayoutRules{193});
  ASSERT_FALSE(layout.ok());
  EXPECT_EQ(layout.error().code, base::ErrorCode::kRefused);
  schema.columns = {dimension("d", 5000)};
  const auto wide = StoredLayout::create(schema, kWide);
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().rule, "layout.too_many_columns");
}

}  // namespace
}  // namespace cryptonet::table
