// SPDX-License-Identifier: Apache-2.0
// Rows per unit and distinct persons per cell, against plain sets.
#include "contributor/encrypt/census.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "contributor/encrypt/limits.h"

namespace cryptonet::contributor::encrypt {
namespace {

table::Schema example(bool person) {
  auto schema = table::parse_schema(std::string("row_limit = 100000\npartition = ['p']\n"
                                                "lattice = ['a', 'p']\nweight = 'w'\n") +
                                        (person ? "person = 'who'\n" : "") +
                                        "[columns.p]\nrole = 'dimension'\ncategories = [1, 2, 3]\n"
                                        "[columns.a]\nrole = 'dimension'\ncategories = [1, 2]\n",
                                    "s");
  return *schema;
}

TEST(Census, CountsLikePlainSets) {
  for (const bool with_person : {false, true}) {
    std::mt19937_64 random(5);
    const table::Schema schema = example(with_person);
    CensusTaker taker(schema);
    std::map<std::uint64_t, std::uint64_t> rows;
    std::map<std::uint64_t, std::uint64_t> real_rows;
    std::map<std::vector<std::uint32_t>, std::multiset<std::uint64_t>> persons;
    std::uint64_t first = 0;
    for (int b = 0; b < 40; ++b) {
      load::ClearBatch batch;
      batch.first_row = first;
      batch.rows = 5000;
      batch.columns.resize(2);
      for (std::size_t row = 0; row < batch.rows; ++row) {
        const std::uint64_t p = random() % 2;
        const std::uint64_t a = random() % 2;
        const std::uint64_t who = random() % 60'000;
        batch.columns[0].values.push_back(static_cast<std::int64_t>(p));
        batch.columns[1].values.push_back(static_cast<std::int64_t>(a));
        batch.weights.push_back(random() % 4 != 0);
        if (with_person) batch.persons.push_back(who);
        ++rows[p];
        real_rows[p] += batch.weights.back();
        if (batch.weights.back() == 0) continue;
        auto& cell = persons[{static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(p)}];
        if (!with_person || !cell.contains(who)) cell.insert(who);
      }
      first += batch.rows;
      ASSERT_TRUE(taker.add(batch).ok());
    }
    const Census census = std::move(taker).finish();
    EXPECT_EQ(census.rows, 200'000U);
    ASSERT_EQ(census.units.size(), 2U);
    for (const auto& [code, unit] : census.units) {
      EXPECT_EQ(unit.rows, rows[code]);
      EXPECT_EQ(unit.real_rows, real_rows[code]);
      EXPECT_LT(unit.first_row, 100U);
      EXPECT_GT(unit.last_row, 199'900U);
    }
    ASSERT_EQ(census.lattice.size(), persons.size());
    auto expected = persons.begin();
    for (const table::LatticeCell& cell : census.lattice) {
      EXPECT_EQ(cell.groups, expected->first);
      EXPECT_EQ(cell.persons, expected->second.size());
      ++expected;
    }
  }
}

TEST(Limits, RefuseSmallUnitsUnlessTheSchemaAllowsThem) {
  table::Schema schema = example(false);
  const auto& set = columns::format::wide_set();
  const auto layout = table::StoredLayout::create(schema, set);
  ASSERT_TRUE(layout.ok());
  const std::uint64_t needed = 8 * layout->columns().size();
  Census census;
  census.rows = 3 * needed;
  census.units[0] = {2 * needed, needed, 0, 0};
  census.units[2] = {needed, needed, 0, 0};
  std::vector<std::string> warnings;
  EXPECT_TRUE(check_limits(census, schema, *layout, set, warnings).ok());
  census.units[0].real_rows = needed - 1;  // the rest are synthetic rows
  const auto refused = check_limits(census, schema, *layout, set, warnings);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "encrypt.unit_size");
  EXPECT_NE(refused.error().message.find(std::to_string(needed - 1)), std::string::npos);
  schema.allow_small_units = true;
  EXPECT_TRUE(check_limits(census, schema, *layout, set, warnings).ok());
  EXPECT_EQ(warnings.size(), 1U);
  schema.row_limit = 3 * needed - 1;
  EXPECT_EQ(check_limits(census, schema, *layout, set, warnings).error().rule, "encrypt.row_limit");
  EXPECT_EQ(check_limits(Census{}, schema, *layout, set, warnings).error().rule, "table.no_rows");
}

}  // namespace
}  // namespace cryptonet::contributor::encrypt
