// SPDX-License-Identifier: Apache-2.0
// The round trip of a legend, and the mutations that must not be taken.
#include "table/legend.h"

#include <gtest/gtest.h>

namespace cryptonet::table {
namespace {

Legend example() {
  Legend legend;
  legend.dataset = "flights";
  const auto schema = parse_schema(R"(row_limit = 100
partition = ["d"]
lattice = ["d"]
[columns.d]
role = "dimension"
categories = ["a", "b\u00e9"]
nullable = true
[columns.x]
role = "measure"
min = -1
max = 5
[columns.b]
role = "bins"
edges = [0, 5]
)",
                                   "s");
  legend.schema = *schema;
  legend.units = {{{0}, 40}, {{2}, 60}};
  legend.lattice = {{{0}, 40}, {{2}, 55}};
  legend.rows = 100;
  legend.finer_bins = {"b"};
  return legend;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Legend, ReadsBackWhatItWrote) {
  const Legend legend = example();
  const auto again = parse_legend(write_legend(legend));
  ASSERT_TRUE(again.ok()) << describe(again.error());
  EXPECT_EQ(again->dataset, "flights");
  EXPECT_EQ(again->schema, legend.schema);
  ASSERT_EQ(again->units.size(), 2U);
  EXPECT_EQ(again->units[1].partition, std::vector<std::uint32_t>{2});
  EXPECT_EQ(again->units[1].rows, 60U);
  EXPECT_EQ(again->lattice[1].persons, 55U);
  EXPECT_EQ(again->rows, 100U);
  EXPECT_EQ(again->finer_bins, std::vector<std::string>{"b"});
}

TEST(Legend, RefusesWhatDoesNotHoldTogether) {
  const std::string good = write_legend(example());
  ASSERT_TRUE(parse_legend(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("[]"), good + "x", replaced(good, "legend.v1", "legend.v2"),
        replaced(good, "\"rows\":100", "\"rows\":101"),
        replaced(good, "\"rows\":60", "\"rows\":-60"),
        replaced(good, "\"partition\":[2]", "\"partition\":[3]"),
        replaced(good, "\"partition\":[2]", "\"partition\":[]"),
        replaced(good, "\"groups\":[2]", "\"groups\":[0]"),
        replaced(good, "\"dataset\":", "\"more\":1,\"dataset\":"),
        replaced(good, "\"finer_bins\":[\"b\"]", "\"finer_bins\":[\"x\"]"),
        replaced(good, "\"finer_bins\":[\"b\"]", "\"finer_bins\":[\"b\",\"b\"]"),
        replaced(good, "row_limit", "row_limits")}) {
    const auto parsed = parse_legend(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kIntegrity);
  }
}

}  // namespace
}  // namespace cryptonet::table
