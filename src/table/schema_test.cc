// SPDX-License-Identifier: Apache-2.0
// Schemas that must parse, schemas that must not and where the error stands, and the round trip of
// the canonical text.
#include "table/schema.h"

#include <gtest/gtest.h>

namespace cryptonet::table {
namespace {

constexpr std::string_view kFull = R"(row_limit = 10_000_000
crosses   = [["month", "weekday"]]
partition = ["year"]
lattice   = ["month", "weekday"]
person    = "patient_id"
weight    = "is_real"
allow_small_units = false

[columns.delay]
role = "measure"
from = "delay"
decimals = 2
min = -1200
max = 1800.25
powers = 2
nullable = true

[columns.origin]
role = "dimension"
categories = ["ATL", "JFK"]
other = true
nullable = false
paired = true

[columns.month]
role = "dimension"
from = "date"
part = "month"

[columns.weekday]
role = "dimension"
from = "date"
part = "weekday"

[columns.year]
role = "dimension"
from = "date"
part = "year"
categories = [2000, 2001]

[columns."distance bin"]
role = "bins"
from = "distance"
edges = [0, 500, 1000, 2000]

[columns.notes]
role = "ignore"
)";

TEST(Schema, ParsesEveryKey) {
  const auto parsed = parse_schema(kFull, "s.toml");
  ASSERT_TRUE(parsed.ok()) << describe(parsed.error());
  const Schema& schema = *parsed;
  EXPECT_EQ(schema.row_limit, 10'000'000U);
  EXPECT_EQ(schema.person, "patient_id");
  ASSERT_EQ(schema.columns.size(), 7U);
  EXPECT_EQ(schema.columns[0].name, "delay");
  EXPECT_EQ(schema.columns[0].min, -120'000);
  EXPECT_EQ(schema.columns[0].max, 180'025);
  EXPECT_EQ(schema.columns[0].powers, 2U);
  EXPECT_TRUE(schema.columns[0].nullable);
  EXPECT_EQ(schema.columns[1].name, "origin");
  EXPECT_EQ(schema.columns[1].from, "origin");
  EXPECT_EQ(schema.columns[5].edges, (std::vector<std::int64_t>{0, 500, 1000, 2000}));
  EXPECT_EQ(schema.columns[6].role, Role::kIgnore);
}

TEST(Schema, WritesTextThatParsesBack) {
  const auto parsed = parse_schema(kFull, "s.toml");
  ASSERT_TRUE(parsed.ok());
  for (const bool comments : {false, true}) {
    const std::string text = write_schema(*parsed, comments);
    const auto again = parse_schema(text, "again.toml");
    ASSERT_TRUE(again.ok()) << describe(again.error()) << "\n" << text;
    EXPECT_EQ(*again, *parsed);
    EXPECT_EQ(write_schema(*again, comments), text);
  }
}

TEST(Schema, KeepsOddNamesTextsAndLongDecimals) {
  Schema schema;
  schema.row_limit = 1;
  ColumnSchema text;
  text.name = "a \"b\"\\.c";
  text.from = "\xC3\xBC";
  text.role = Role::kDimension;
  text.categories = {std::string(), std::string("tab\there\x01\x7F"), std::string("\"")};
  ColumnSchema number;
  number.name = number.from = "x";
  number.role = Role::kMeasure;
  number.decimals = 15;
  number.min = -1'234'567'890'123'456'789;
  number.max = 9'223'372'036'854'775'807;
  schema.columns = {text, number};
  const auto again = parse_schema(write_schema(schema), "s");
  ASSERT_TRUE(again.ok()) << describe(again.error());
  EXPECT_EQ(*again, schema);
}

TEST(Schema, GivesGroupsInDictionaryOrder) {
  const auto schema = parse_schema(kFull, "s.toml");
  ASSERT_TRUE(schema.ok());
  const auto origin = groups_of(schema->columns[1]);
  ASSERT_EQ(origin.size(), 3U);
  EXPECT_EQ(std::get<std::string>(origin[1].label), "JFK");
  EXPECT_EQ(origin[2].kind, Group::Kind::kOther);
  EXPECT_EQ(groups_of(schema->columns[2]).size(), 12U);
  EXPECT_EQ(std::get<std::int64_t>(groups_of(schema->columns[3])[0].label), 1);
  const auto bins = groups_of(schema->columns[5]);
  ASSERT_EQ(bins.size(), 5U);
  EXPECT_EQ(std::get<std::string>(bins[0].label), "(-inf, 0)");
  EXPECT_EQ(std::get<std::string>(bins[1].label), "[0, 500)");
  EXPECT_EQ(std::get<std::string>(bins[4].label), "[2000, inf)");
  for (const ColumnSchema& column : schema->columns) {
    EXPECT_EQ(groups_of(column).size(), group_count(column)) << column.name;
  }
}

struct Wrong {
  const char* toml;
  const char* rule;
  std::int64_t line;
  std::int64_t column;
};

class WrongSchema : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSchema, IsRefusedAtItsPlace) {
  const Wrong& wrong = GetParam();
  const auto parsed = parse_schema(wrong.toml, "s.toml");
  ASSERT_FALSE(parsed.ok()) << wrong.toml;
  EXPECT_EQ(parsed.error().code, base::ErrorCode::kBadInput);
  EXPECT_EQ(parsed.error().rule, wrong.rule) << describe(parsed.error());
  EXPECT_EQ(parsed.error().file, "s.toml");
  EXPECT_EQ(parsed.error().line, wrong.line) << describe(parsed.error());
  EXPECT_EQ(parsed.error().column, wrong.column) << describe(parsed.error());
}

#define X "row_limit = 9\n[columns.x]\n"
#define MEASURE X "role = 'measure'\nmin = 0\nmax = 9\n"
#define DIMENSION X "role = 'dimension'\n"
INSTANTIATE_TEST_SUITE_P(
    Cases, WrongSchema,
    testing::Values(
        Wrong{"row_limit = ", "schema.toml", 1, 13}, Wrong{"", "schema.missing_key", 1, 1},
        Wrong{"row_limit = 9\nrows = 3\n", "schema.unknown_key", 2, 1},
        Wrong{"row_limit = 0\n", "schema.row_limit", 1, 1},
        Wrong{"row_limit = '9'\n", "schema.type", 1, 1},
        Wrong{"row_limit = 9\n", "schema.no_columns", 1, 1},
        Wrong{MEASURE "  colour = 1\n", "schema.unknown_key", 6, 3},
        Wrong{MEASURE "edges = [1]\n", "schema.unknown_key", 6, 1},
        Wrong{X "min = 0\n", "schema.missing_key", 2, 10},
        Wrong{X "role = 'sum'\n", "schema.role", 3, 1},
        Wrong{X "role = 'measure'\nmin = 0\n", "schema.missing_key", 2, 10},
        Wrong{X "role = 'measure'\nmin = 0.5\nmax = 9\n", "schema.decimals", 4, 1},
        Wrong{X "role = 'measure'\nmin = 5\nmax = 4\n", "schema.range", 4, 1},
        Wrong{X "role = 'measure'\nmin = 5\nmax = nan\n", "schema.type", 5, 1},
        Wrong{MEASURE "decimals = 16\n", "schema.range", 6, 1},
        Wrong{MEASURE "powers = 5\n", "schema.range", 6, 1},
        Wrong{MEASURE "powers = 0\n", "schema.powers", 6, 1},
        Wrong{X "role = 'measure'\nmin = 0\nmax = 4_000_000_000\npowers = 4\n", "schema.powers", 6,
              1},
        Wrong{DIMENSION "", "schema.categories", 2, 10},
        Wrong{DIMENSION "categories = []\n", "schema.categories", 4, 1},
        Wrong{DIMENSION "categories = ['a', 1]\n", "schema.categories", 4, 1},
        Wrong{DIMENSION "categories = ['a', 'a']\n", "schema.categories", 4, 1},
        Wrong{DIMENSION "categories = [true]\n", "schema.type", 4, 1},
        Wrong{DIMENSION "categories = ['OTHER']\nother = true\n", "schema.categories", 4, 1},
        Wrong{DIMENSION "part = 'day'\n", "schema.part", 4, 1},
        Wrong{DIMENSION "part = 'month'\ncategories = [1]\n", "schema.part", 5, 1},
        Wrong{DIMENSION "part = 'month'\nother = true\n", "schema.part", 5, 1},
        Wrong{DIMENSION "part = 'year'\n", "schema.categories", 2, 10},
        Wrong{DIMENSION "part = 'year'\ncategories = ['2001']\n", "schema.categories", 5, 1},
        Wrong{X "role = 'bins'\nedges = [1, 1]\n", "schema.edges", 4, 1},
        Wrong{X "role = 'bins'\nedges = [1.5]\n", "schema.decimals", 4, 1},
        Wrong{X "role = 'bins'\n", "schema.edges", 2, 10},
        Wrong{"crosses = [['x']]\n" MEASURE, "schema.crosses", 1, 1},
        Wrong{"crosses = [['x', 'y']]\n" MEASURE, "schema.not_a_dimension", 1, 1},
        Wrong{"partition = ['y']\n" MEASURE, "schema.unknown_column", 1, 1},
        Wrong{"lattice = ['a', 'b', 'c', 'd']\n" MEASURE, "schema.lattice", 1, 1},
        Wrong{MEASURE "[columns.X]\nrole = 'ignore'\n", "schema.duplicate_name", 6, 10},
        Wrong{MEASURE "[columns.x]\nrole = 'ignore'\n", "schema.toml", 6, 1},
        Wrong{"columns = 3\nrow_limit = 9\n", "schema.type", 1, 1},
        Wrong{"columns = {x = 3}\nrow_limit = 9\n", "schema.type", 1, 12}));

TEST(Schema, NamesNoCategoryInAnError) {
  const auto parsed = parse_schema(DIMENSION "categories = ['sec-ret', 'sec-ret']\n", "s.toml");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(describe(parsed.error()).find("sec-ret"), std::string::npos);
}

}  // namespace
}  // namespace cryptonet::table
