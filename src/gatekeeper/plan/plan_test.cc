// SPDX-License-Identifier: Apache-2.0
// What a question becomes: which pairs, which units, which figures; computed by hand from the order
// of stored columns that table/stored_columns.h states.
#include "gatekeeper/plan/plan.h"

#include <gtest/gtest.h>

#include "gatekeeper/plan/draft.h"
#include "gatekeeper/plan/schemas_testing.h"
#include "gatekeeper/plan/tables_for_test.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using columns::format::ColumnPair;
using columns::format::kNoColumn;

// Stored columns: 0 rows, 2 presence of x, 4 x, 6 x^2, 8 y (each with its check behind it), 10 11
// 12 g = a, b, OTHER, 13 15 h = 1, 2 (paired), 17… g x h.
DatasetView test_view(const std::string& schema_text = kSmallSchema) {
  auto schema = table::parse_schema(schema_text, "schema.toml");
  CHECK(schema.ok());
  DatasetView view = view_of(*schema);
  view.versions = {{1, {{{0}, 100, 2}, {{1}, 9000, 3}}}, {3, {{{1}, 200, 2}, {{2}, 300, 2}}}};
  return view;
}

CheckedPlan plan_of(const std::string& sql, const DatasetView& view) {
  auto plan = make_plan(sql, view);
  if (!plan.ok()) ADD_FAILURE() << sql << ": " << base::describe(plan.error());
  CHECK(plan.ok());
  return std::move(*plan);
}

std::vector<ColumnPair> pairs_of(const std::string& sql) {
  const DatasetView view = test_view();
  const CheckedPlan plan = plan_of(sql, view);
  std::vector<ColumnPair> pairs;
  for (const PlannedPair& pair : plan.pairs()) pairs.push_back(pair.pair.value());
  return pairs;
}

using Pairs = std::vector<ColumnPair>;

TEST(MakePlan, SumsOneColumnWithoutGroups) {
  EXPECT_EQ(pairs_of("SELECT COUNT(*) FROM t"), (Pairs{{0, kNoColumn}}));
  EXPECT_EQ(pairs_of("SELECT COUNT(x) FROM t"), (Pairs{{2, kNoColumn}}));
  EXPECT_EQ(pairs_of("SELECT SUM(x), AVG(x) FROM t"), (Pairs{{2, kNoColumn}, {4, kNoColumn}}));
  EXPECT_EQ(pairs_of("SELECT VARIANCE(x) FROM t"),
            (Pairs{{2, kNoColumn}, {4, kNoColumn}, {6, kNoColumn}}));
}

TEST(MakePlan, SquaresInThePairWherePowersAreNotStored) {
  EXPECT_EQ(pairs_of("SELECT VAR_POP(y) FROM t"), (Pairs{{0, kNoColumn}, {8, 8}, {8, kNoColumn}}));
}

TEST(MakePlan, MultipliesByPresenceForCompletePairs) {
  // y is never NULL: n = sum p_x, sum x, sum y*p_x, sum x*y, and for CORR sum x^2 and y^2 * p_x,
  // which no pair gives.
  EXPECT_EQ(pairs_of("SELECT COVAR_SAMP(x, y) FROM t"),
            (Pairs{{2, 8}, {2, kNoColumn}, {4, 8}, {4, kNoColumn}}));
  EXPECT_EQ(make_plan("SELECT CORR(x, y) FROM t", test_view()).error().rule, "plan.unreachable");
}

TEST(MakePlan, MultipliesByIndicatorsForGroupsAndConditions) {
  EXPECT_EQ(pairs_of("SELECT g, COUNT(*) FROM t GROUP BY g"), (Pairs{{0, 10}, {0, 11}, {0, 12}}));
  EXPECT_EQ(pairs_of("SELECT SUM(y) FROM t WHERE g = 'b'"), (Pairs{{0, 11}, {8, 11}}));
  EXPECT_EQ(pairs_of("SELECT SUM(y) FROM t WHERE g <> 'b'"),
            (Pairs{{0, 10}, {0, 12}, {8, 10}, {8, 12}}));
  // The cross is g slowest: (b, 1) is its third column.
  EXPECT_EQ(pairs_of("SELECT g, SUM(y) FROM t WHERE h = 1 AND g IN ('b') GROUP BY g"),
            (Pairs{{0, 19}, {8, 19}}));
  EXPECT_EQ(pairs_of("SELECT COUNT(*) FROM t WHERE g IS NULL"), Pairs{});
  EXPECT_EQ(pairs_of("SELECT COUNT(*) FROM t WHERE g IS NOT NULL"), (Pairs{{0, kNoColumn}}));
}

TEST(MakePlan, CountsPairedDimensionsWithoutACross) {
  std::string text = kSmallSchema;
  text.erase(text.find("crosses"), std::string("crosses = [[\"g\", \"h\"]]\n").size());
  const DatasetView view = test_view(text);
  const CheckedPlan plan = plan_of("SELECT g, h, COUNT(*) FROM t GROUP BY g, h", view);
  ASSERT_EQ(plan.pairs().size(), 6U);
  // h = 1 is column 13 and is the checked side: its check stands at 14.
  EXPECT_EQ(plan.pairs()[0].pair.value(), (ColumnPair{10, 13}));
  EXPECT_EQ(plan.pairs()[0].pair.check(), (ColumnPair{10, 14}));
  EXPECT_EQ(make_plan("SELECT g, h, SUM(y) FROM t GROUP BY g, h", view).error().rule,
            "plan.unreachable");
}

TEST(MakePlan, SelectsUnitsForPartitions) {
  const DatasetView view = test_view();
  const CheckedPlan all = plan_of("SELECT site, CORR(y, y) FROM t GROUP BY site", view);
  ASSERT_EQ(all.versions().size(), 2U);
  EXPECT_EQ(all.versions()[0].units, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(all.figures().units, 4U);
  const CheckedPlan one = plan_of("SELECT COUNT(*) FROM t WHERE site = 'w'", view);
  ASSERT_EQ(one.versions().size(), 1U);
  EXPECT_EQ(one.versions()[0].version_index, 1U);
  EXPECT_EQ(one.versions()[0].units, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(one.pairs().size(), 1U);
}

TEST(MakePlan, CountsWhatTheCloudReads) {
  const DatasetView view = test_view();
  const CheckedPlan plan = plan_of("SELECT g, SUM(y) FROM t GROUP BY g", view);
  // 6 totals and their checks; rows, y, their checks and three indicators over 2+3+2+2 chunks of
  // 8192 * 3 * 6 bytes.
  EXPECT_EQ(plan.figures().pairs, 12U);
  EXPECT_EQ(plan.figures().bytes_read, 7U * 9U * 147456U);
  EXPECT_EQ(plan.figures().digits, 1U);
  EXPECT_EQ(plan.figures().modulus_bits, 144U);
  EXPECT_GT(plan.figures().bound_bits, 100U);
  EXPECT_LE(plan.figures().bound_bits, 141U);
}

TEST(MakePlan, GivesTheRangeOfOneRow) {
  const DatasetView view = test_view();
  const CheckedPlan plan = plan_of("SELECT COVAR_POP(x, y), VAR_POP(y) FROM t", view);
  for (const PlannedPair& pair : plan.pairs()) {
    const ColumnPair value = pair.pair.value();
    if (value == ColumnPair{4, 8}) {
      EXPECT_EQ(pair.row_low, -450);
      EXPECT_EQ(pair.row_high, 450);
    } else if (value == ColumnPair{8, 8}) {
      EXPECT_EQ(pair.row_low, 0);
      EXPECT_EQ(pair.row_high, 2500);
    }
  }
}

TEST(MakePlan, SplitsIntoDigitsAndDoublesTheMixedProducts) {
  std::string text = kSmallSchema;
  text.replace(text.find("max = 5.0"), 9, "max = 900000000.0");
  const DatasetView view = test_view(text);
  const CheckedPlan plan = plan_of("SELECT VAR_POP(y) FROM t", view);
  const unsigned digits = plan.figures().digits;
  ASSERT_GT(digits, 1U);
  EXPECT_EQ(plan.pairs().size(), 1U + digits + digits * (digits + 1) / 2);
}

TEST(MakePlan, RefusesWhatCouldWrapAround) {
  DatasetView view = test_view();
  view.versions[0].units[1].rows = std::uint64_t{1} << 49;
  const auto plan = make_plan("SELECT COUNT(*) FROM t", view);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, base::ErrorCode::kRefused);
  EXPECT_EQ(plan.error().rule, "plan.bound");
  // The unit that is not asked does not count.
  EXPECT_TRUE(make_plan("SELECT COUNT(*) FROM t WHERE site = 'n'", view).ok());
}

TEST(MakePlan, RefusesAPhaseAboveAnEighthOfTheModulus) {
  DatasetView view = test_view();
  view.versions[0].units[1].chunks = 1U << 22;
  EXPECT_EQ(make_plan("SELECT g, COUNT(*) FROM t GROUP BY g", view).error().rule, "plan.bound");
  EXPECT_TRUE(make_plan("SELECT COUNT(*) FROM t", view).ok());
}

TEST(MakePlan, TakesNamesInAnotherCaseAndThroughTheTable) {
  const DatasetView view = test_view();
  const CheckedPlan a = plan_of("SELECT G, SUM(T.Y) FROM T AS T WHERE t.H = 1 GROUP BY 1", view);
  const CheckedPlan b = plan_of(
      "select g as \"G\", sum(y) as \"SUM(T.Y)\" from t where 1 = h "
      "group by \"G\"",
      view);
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
}

TEST(MakePlan, HasOneFingerprintPerQuestion) {
  const DatasetView view = test_view();
  const auto print = [&](const std::string& sql) { return plan_of(sql, view).fingerprint(); };
  const std::string first = print("SELECT COUNT(*) FROM t WHERE g IN ('a', 'b') AND h = 1");
  EXPECT_EQ(first, print("SELECT COUNT(*) FROM t  WHERE 1 = h AND g <> 'OTHER' -- the same"));
  EXPECT_NE(first, print("SELECT COUNT(*) FROM t WHERE g IN ('a', 'b')"));
  EXPECT_NE(first, print("SELECT COUNT(*) AS n FROM t WHERE g IN ('a', 'b') AND h = 1"));
  EXPECT_NE(first, print("SELECT COUNT(*) FROM t WHERE g IN ('a', 'b') AND h = 1 LIMIT 1"));
}

TEST(MakePlan, ExplainsItself) {
  const std::string text =
      plan_of("SELECT g, SUM(y) FROM t WHERE h = 2 GROUP BY g", test_view()).explanation();
  for (const Pass& pass : passes()) {
    EXPECT_NE(text.find("  " + std::string(pass.name)), std::string::npos) << text;
  }
  for (const char* line :
       {"  check", "Σ c8·c18 and its check Σ c9·c18", "y × [g = a, h = 2]", "over 4 units"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " in\n" << text;
  }
}

TEST(DatasetOf, NamesTheOneTable) {
  EXPECT_EQ(*dataset_of("SELECT COUNT(*) FROM \"rand-hie\""), "rand-hie");
  EXPECT_EQ(*dataset_of("SELECT COUNT(*) FROM Flights;"), "flights");
  EXPECT_FALSE(dataset_of("SELECT COUNT(*) FROM a, b").ok());
}

}  // namespace
}  // namespace cryptonet::gatekeeper::plan
