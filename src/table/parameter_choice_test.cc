// SPDX-License-Identifier: Apache-2.0
// The choice against every set tried by hand: what is chosen holds every bound, and nothing cheaper
// does.
#include "table/parameter_choice.h"

#include <gtest/gtest.h>

#include <random>

#include "he/bgv/accountant.h"
#include "table/unit_rules.h"

namespace cryptonet::table {
namespace {

using columns::format::ParameterSet;
using he::bgv::Integer;

Schema parsed(const std::string& text) {
  auto schema = parse_schema(text, "schema");
  CHECK(schema.ok());
  return std::move(*schema);
}

const std::string kMeasure = R"(
[columns.x]
role = "measure"
min = 0
max = 40
)";
const std::string kDimension = R"(
[columns.g]
role = "dimension"
part = "month"
)";

std::string chosen(const std::string& text) {
  const auto choice = choose_parameters(parsed(text));
  return choice.ok() ? choice->set->name : choice.error().message;
}

TEST(ParameterChoice, TakesTheFewestBytesPerRow) {
  const auto choice = choose_parameters(parsed("row_limit = 500_000" + kMeasure + kDimension));
  ASSERT_TRUE(choice.ok());
  EXPECT_STREQ(choice->set->name, "narrow");
  // rows and x, each with two checks, and twelve months: 18 columns of 12 bytes
  EXPECT_EQ(choice->bytes_per_row, 216U);
  EXPECT_EQ(choice->wide_bytes_per_row, 288U);  // 16 columns of 18 bytes
  ASSERT_EQ(choice->why_no_smaller.size(), 1U);
  EXPECT_EQ(choice->why_no_smaller[0],
            "sums: the parameter set holds sums of single columns only, and the schema wants "
            "products of two measures");
  // Without a dimension a value and its checks cost the same, so the larger totals win.
  EXPECT_EQ(chosen("row_limit = 500_000" + kMeasure), "wide");
}

TEST(ParameterChoice, TakesSumsOnlyWhereNothingIsMultiplied) {
  const std::string partition = "row_limit = 400_000\npartition = [\"g\"]\n";
  EXPECT_EQ(chosen(partition + "products = false" + kMeasure + kDimension), "sums");
  EXPECT_EQ(chosen(partition + kDimension), "sums");  // counts only
  EXPECT_EQ(chosen(partition + kMeasure + kDimension), "wide");
  EXPECT_EQ(chosen("row_limit = 400_000\nproducts = false" + kMeasure + kDimension), "narrow");
}

TEST(ParameterChoice, SaysWhichBoundOrColumnForbidsASmallerSet) {
  const auto large = choose_parameters(parsed("row_limit = 2_000_000" + kMeasure + kDimension));
  EXPECT_STREQ(large->set->name, "wide");
  EXPECT_EQ(large->why_no_smaller[0],
            "narrow: row_limit 2000000 is above the 1048576 rows that a unit may have");
  EXPECT_EQ(chosen("row_limit = 2_000_000\nunit_row_limit = 1_000_000" + kMeasure + kDimension),
            "narrow");
  const auto digits = choose_parameters(parsed("row_limit = 500_000" + kDimension + R"(
[columns.far]
role = "measure"
min = 0
max = 20_000
)"));
  EXPECT_STREQ(digits->set->name, "wide");
  EXPECT_EQ(digits->why_no_smaller[0],
            "narrow: 288 bytes per row: 'far' takes 3 digits instead of 1");
}

TEST(ParameterChoice, ObeysTheSchemaOrRefuses) {
  const std::string table = "row_limit = 500_000" + kMeasure + kDimension;
  EXPECT_EQ(chosen("parameters = \"wide\"\n" + table), "wide");
  const auto forced = choose_parameters(parsed("parameters = \"wide\"\n" + table));
  EXPECT_EQ(forced->why_no_smaller[0], "narrow: parameters = \"wide\" is declared");
  const auto refused = choose_parameters(parsed("parameters = \"sums\"\n" + table));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "layout.parameters");
  EXPECT_NE(refused.error().message.find("products of two measures"), std::string::npos);
  const auto too_many =
      choose_parameters(parsed("parameters = \"narrow\"\nrow_limit = 2_000_000" + kMeasure));
  EXPECT_EQ(too_many.error().message,
            "parameters = \"narrow\" cannot hold this schema: row_limit 2000000 is above the "
            "1048576 rows that a unit may have");
  EXPECT_FALSE(parse_schema("row_limit = 5\nparameters = \"toy\"" + kMeasure, "schema").ok());
}

TEST(ParameterChoice, LeavesASetWhoseColumnsTheSmallestUnitCannotCarry) {
  const Schema schema = parsed("row_limit = 500_000" + kMeasure + kDimension);
  EXPECT_STREQ(choose_parameters(schema, 144)->set->name, "narrow");  // 18 columns
  const auto small = choose_parameters(schema, 143);
  EXPECT_STREQ(small->set->name, "wide");
  EXPECT_EQ(small->why_no_smaller[0],
            "narrow: 18 encrypted columns need 144 rows in every unit, and the smallest has 143");
  EXPECT_STREQ(choose_parameters(schema, 100)->set->name, "narrow");  // none can: refused later
}

/// A schema of a few measures and dimensions, some of them partitioning.
Schema random_schema(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Schema schema;
  schema.row_limit = 1 + (random() >> (40 + below(20)));
  schema.products = below(3) != 0;
  if (below(2) == 0) schema.unit_row_limit = 1 + below(schema.row_limit);
  if (below(4) == 0) schema.weight = "w";
  for (std::uint64_t i = 0; i < 1 + below(4); ++i) {
    ColumnSchema column;
    column.name = column.from = "c" + std::to_string(i);
    column.nullable = below(2) == 0;
    if (below(2) == 0) {
      column.role = Role::kMeasure;
      column.max = static_cast<std::int64_t>(random() >> (34 + below(29)));
      column.min = below(2) == 0 ? 0 : -static_cast<std::int64_t>(random() >> (34 + below(29)));
      column.powers = static_cast<unsigned>(1 + below(3));
    } else {
      column.role = Role::kDimension;
      column.paired = below(4) == 0;
      for (std::int64_t c = 0; c < static_cast<std::int64_t>(1 + below(9)); ++c) {
        column.categories.emplace_back(c);
      }
      if (below(2) == 0) schema.partition.push_back(column.name);
    }
    schema.columns.push_back(column);
  }
  return schema;
}

/// Every total that a plan may ask for stays below t/2, and its phase below q/8.
void expect_bounds_hold(const Schema& schema, const ParameterChoice& choice) {
  const ParameterSet& set = *choice.set;
  const he::bgv::Accountant accountant(set.bgv);
  const Integer rows = schema.most_unit_rows();
  const Integer half_t = set.bgv.plaintext_modulus() / 2;
  Integer largest_value = 0;
  Integer largest = 0;
  bool indicators = false;
  for (const StoredColumn& column : choice.layout.columns()) {
    const Integer size = std::max(abs(Integer(column.low)), abs(Integer(column.high)));
    largest = std::max(largest, size);
    if (column.kind == StoredKind::kDigit && column.power == 1) {
      largest_value = std::max(largest_value, size);
    }
    indicators = indicators || column.kind == StoredKind::kIndicator;
  }
  const bool measures = largest_value > 0;
  EXPECT_TRUE(rows * largest <= half_t);
  if (schema.products) {
    EXPECT_TRUE(rows * largest_value * largest_value <= half_t);
  }
  const auto chunks = static_cast<std::uint64_t>(
      (schema.most_unit_rows() + set.ring_degree() - 1) / set.ring_degree() + 1);
  EXPECT_LE(chunks, set.max_unit_chunks);
  const bool multiplied = indicators || (schema.products && measures);
  EXPECT_TRUE(set.products || !multiplied);
  EXPECT_TRUE(accountant.admits_masked_total(accountant.masked_total(chunks, multiplied)));
}

TEST(ParameterChoice, HoldsEveryBoundAndNothingCheaperDoesOnRandomSchemas) {
  std::mt19937_64 random(77);
  std::map<std::string, int> taken;
  for (int draw = 0; draw < 4000; ++draw) {
    SCOPED_TRACE(draw);
    const Schema schema = random_schema(random);
    if (find_problem(schema)) continue;
    const auto choice = choose_parameters(schema);
    ASSERT_TRUE(choice.ok()) << base::describe(choice.error());
    ++taken[choice->set->name];
    expect_bounds_hold(schema, *choice);
    EXPECT_EQ(choice->bytes_per_row, choice->layout.columns().size() * choice->set->packed_bytes() /
                                         choice->set->ring_degree());
    for (const ParameterSet* set : columns::format::parameter_sets()) {
      Schema forced = schema;
      forced.parameters = set->name;
      const auto other = choose_parameters(forced);
      if (!other.ok()) continue;
      EXPECT_EQ(other->set, set);
      EXPECT_GE(other->bytes_per_row, choice->bytes_per_row);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(taken["wide"], 200);
  EXPECT_GT(taken["narrow"], 200);
  EXPECT_GT(taken["sums"], 200);
}

}  // namespace
}  // namespace cryptonet::table
