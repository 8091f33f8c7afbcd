// SPDX-License-Identifier: Apache-2.0
// Questions that must be refused, with the rule and the place that the refusal names, and the mend
// where a line can be added. The list is read as a table: one question, one reason.
#include <gtest/gtest.h>

#include "gatekeeper/plan/schemas_testing.h"
#include "gatekeeper/plan/tables_for_test.h"

namespace cryptonet::gatekeeper::plan {
namespace {

DatasetView test_view() {
  auto schema = table::parse_schema(kClinicSchema, "schema.toml");
  CHECK(schema.ok());
  DatasetView view = view_of(*schema);
  view.versions = {{1, {{{0}, 5000, 2}, {{1}, 4000, 2}}}};
  return view;
}

struct Refusal {
  const char* sql;
  const char* rule;
  std::int64_t column;    ///< on line 1; 0: without a place
  const char* text = "";  ///< stands in the message or the hint
};

const Refusal kRefusals[] = {
    // Not a question at all.
    {"", "sql.syntax", 1},
    {"   -- only a remark", "sql.syntax", 1},
    {"SELEKT 1", "sql.syntax", 1},
    {"SELECT COUNT(* FROM t", "sql.syntax", 16},
    {"SELECT 'ünïcode', , 1", "sql.syntax", 19},
    {"SELECT COUNT(*) FROM t WHERE", "sql.syntax", 29},
    {"SELECT 'é\xc3'", "sql.syntax", 10, "UTF-8"},
    {"SELECT \xc0\x80 FROM t", "sql.syntax", 8, "UTF-8"},
    {"SELECT \xed\xa0\x80 FROM t", "sql.syntax", 8, "UTF-8"},
    {"SELECT COUNT(*) FROM t; DROP TABLE t", "sql.one_statement", 24},
    {"INSERT INTO t VALUES (1)", "sql.statement", 1},
    {"DELETE FROM t", "sql.statement", 1},
    {"CREATE TABLE t (x int)", "sql.statement", 1},
    {"EXPLAIN SELECT COUNT(*) FROM t", "sql.statement", 1, "--explain"},
    {"VALUES (1)", "sql.statement", 9},
    {"TABLE t", "sql.star", 1},
    {"SELECT", "sql.from", 1},
    {"SELECT 1", "sql.from", 1},
    {"SELECT FROM t", "sql.syntax", 1},
    // Tables.
    {"SELECT COUNT(*) FROM t, u", "sql.join", 25, "one dataset"},
    {"SELECT COUNT(*) FROM t JOIN u ON t.x = u.x", "sql.join", 22, "one dataset"},
    {"SELECT COUNT(*) FROM (SELECT * FROM t) q", "sql.subquery", 30},
    {"SELECT COUNT(*) FROM generate_series(1, 3)", "sql.from", 22},
    {"SELECT COUNT(*) FROM t TABLESAMPLE SYSTEM (1)", "sql.from", 22},
    {"SELECT COUNT(*) FROM public.t", "sql.from", 22},
    {"SELECT COUNT(*) FROM ONLY t", "sql.from", 27},
    {"SELECT COUNT(*) FROM t AS q(a)", "sql.from", 22},
    {"WITH q AS (SELECT 1) SELECT COUNT(*) FROM q", "sql.subquery", 6},
    {"SELECT COUNT(*) FROM t UNION SELECT COUNT(*) FROM t", "sql.set_operation", 8},
    {"SELECT COUNT(*) INTO u FROM t", "sql.statement", 22},
    {"SELECT COUNT(*) FROM t FOR UPDATE", "sql.statement", 1},
    // The SELECT list.
    {"SELECT * FROM t", "sql.star", 8, "COUNT(*)"},
    {"SELECT DISTINCT month FROM t", "sql.distinct", 1},
    {"SELECT COUNT(DISTINCT age) FROM t", "sql.distinct", 8},
    {"SELECT COUNT(*) FILTER (WHERE month = 1) FROM t", "sql.filter", 31},
    {"SELECT SUM(cost) OVER () FROM t", "sql.window", 23},
    {"SELECT SUM(cost ORDER BY age) FROM t", "sql.function", 26},
    {"SELECT SUM(cost) + 1 FROM t", "sql.expression", 8},
    {"SELECT SUM(cost + 1) FROM t", "sql.expression", 12},
    {"SELECT SUM(cost)::int FROM t", "sql.expression", 8},
    {"SELECT CASE WHEN month = 1 THEN 1 END FROM t", "sql.expression", 8},
    {"SELECT COALESCE(month, 1), COUNT(*) FROM t", "sql.expression", 8},
    {"SELECT (SELECT 1), COUNT(*) FROM t", "sql.subquery", 8},
    {"SELECT $1, COUNT(*) FROM t", "sql.expression", 8},
    {"SELECT 1, COUNT(*) FROM t", "sql.expression", 8},
    {"SELECT COUNT(1) FROM t", "sql.expression", 14, "COUNT(*)"},
    {"SELECT SUM(*) FROM t", "sql.function", 8},
    {"SELECT COUNT() FROM t", "sql.function", 8},
    {"SELECT SUM(cost, age) FROM t", "sql.function", 8},
    {"SELECT CORR(cost) FROM t", "sql.function", 8},
    {"SELECT MEDIAN(age) FROM t", "sql.function", 8, "COVAR_SAMP"},
    {"SELECT MIN(age) FROM t", "sql.function", 8},
    {"SELECT upper(smoker) FROM t", "sql.function", 8},
    {"SELECT u.month, COUNT(*) FROM t GROUP BY month", "sql.unknown_table", 8},
    {"SELECT a.b.month, COUNT(*) FROM t", "sql.unknown_table", 8},
    {"SELECT month FROM t GROUP BY month", "sql.no_aggregate", 19},
    {"SELECT month, COUNT(*) FROM t", "sql.group_by", 8, "GROUP BY month"},
    {"SELECT age FROM t", "sql.group_by", 8},
    {"SELECT SUM(month) FROM t", "plan.role", 12, "from = \"seen\""},
    {"SELECT AVG(age_bin) FROM t", "plan.role", 12},
    {"SELECT SUM(nothing) FROM t", "plan.unknown_column", 12, "describe t"},
    {"SELECT COUNT(note) FROM t", "plan.ignored_column", 14},
    // GROUP BY, ORDER BY, LIMIT.
    {"SELECT COUNT(*) FROM t GROUP BY ROLLUP (month)", "sql.group_by", 33},
    {"SELECT COUNT(*) FROM t GROUP BY ()", "sql.group_by", 33},
    {"SELECT COUNT(*) FROM t GROUP BY DISTINCT month", "sql.group_by", 1},
    {"SELECT COUNT(*) FROM t GROUP BY month + 1", "sql.expression", 33},
    {"SELECT COUNT(*) FROM t GROUP BY 2", "sql.ordinal", 33, "1 to 1"},
    {"SELECT COUNT(*) FROM t GROUP BY 1", "sql.group_by", 33},
    {"SELECT COUNT(*) AS n FROM t GROUP BY n", "sql.group_by", 38},
    {"SELECT COUNT(*) FROM t GROUP BY age", "plan.role", 33, "[columns.age_bin]"},
    {"SELECT COUNT(*) FROM t GROUP BY nothing", "plan.unknown_column", 33},
    {"SELECT COUNT(*) FROM t GROUP BY dist", "plan.unknown_column", 33},
    {"SELECT month, COUNT(*) FROM t GROUP BY month HAVING COUNT(*) > 5", "sql.having", 53},
    {"SELECT COUNT(*) FROM t WINDOW w AS ()", "sql.window", 36},
    {"SELECT COUNT(*) FROM t ORDER BY 0", "sql.ordinal", 33},
    {"SELECT COUNT(*) FROM t ORDER BY -1", "sql.literal", 33},
    {"SELECT COUNT(*) FROM t ORDER BY month", "sql.group_by", 33},
    {"SELECT COUNT(*) FROM t ORDER BY 1 USING <", "sql.order_by", 33},
    {"SELECT COUNT(*) FROM t ORDER BY smoker COLLATE \"C\"", "sql.expression", 33},
    {"SELECT COUNT(*) FROM t LIMIT 1 + 1", "sql.expression", 30},
    {"SELECT COUNT(*) FROM t LIMIT -1", "sql.literal", 30},
    {"SELECT COUNT(*) FROM t OFFSET '3'", "sql.literal", 31},
    {"SELECT COUNT(*) FROM t ORDER BY 1 FETCH FIRST 3 ROWS WITH TIES", "sql.limit", 47},
    // WHERE.
    {"SELECT COUNT(*) FROM t WHERE month = 1 OR month = 2", "sql.or", 40, "IN"},
    {"SELECT COUNT(*) FROM t WHERE NOT month = 1", "sql.not", 30, "NOT IN"},
    {"SELECT COUNT(*) FROM t WHERE month = hour", "sql.expression", 38},
    {"SELECT COUNT(*) FROM t WHERE month + 1 = 2", "sql.expression", 30},
    {"SELECT COUNT(*) FROM t WHERE 1 = 1", "sql.expression", 34},
    {"SELECT COUNT(*) FROM t WHERE true", "sql.expression", 30},
    {"SELECT COUNT(*) FROM t WHERE smoker LIKE 'y%'", "sql.like", 37},
    {"SELECT COUNT(*) FROM t WHERE smoker ~ 'y'", "sql.expression", 37},
    {"SELECT COUNT(*) FROM t WHERE month IN (SELECT 1)", "sql.subquery", 30},
    {"SELECT COUNT(*) FROM t WHERE month = ANY (ARRAY[1])", "sql.expression", 36},
    {"SELECT COUNT(*) FROM t WHERE month BETWEEN SYMMETRIC 2 AND 1", "sql.expression", 36},
    {"SELECT COUNT(*) FROM t WHERE month IS DISTINCT FROM 1", "sql.expression", 36},
    {"SELECT COUNT(*) FROM t WHERE (month, hour) = (1, 2)", "sql.expression", 30},
    {"SELECT COUNT(*) FROM t WHERE smoker IS TRUE", "sql.expression", 30},
    {"SELECT COUNT(*) FROM t WHERE smoker = true", "sql.literal", 39},
    {"SELECT COUNT(*) FROM t WHERE smoker = NULL", "sql.null_literal", 39, "IS NULL"},
    {"SELECT COUNT(*) FROM t WHERE smoker IN ('no', NULL)", "sql.null_literal", 47},
    {"SELECT COUNT(*) FROM t WHERE month = 1e1", "sql.literal", 38},
    {"SELECT COUNT(*) FROM t WHERE month = +1", "sql.expression", 38},
    {"SELECT COUNT(*) FROM t WHERE month = 1.0000000000000000000000000000000000000001",
     "sql.literal", 38},
    {"SELECT COUNT(*) FROM t WHERE month = '1'::int", "sql.expression", 38},
    {"SELECT COUNT(*) FROM t WHERE month = '1'", "plan.literal", 38, "without quotes"},
    {"SELECT COUNT(*) FROM t WHERE smoker = 1", "plan.literal", 39, "in quotes"},
    {"SELECT COUNT(*) FROM t WHERE month = 13", "plan.dictionary", 38},
    {"SELECT COUNT(*) FROM t WHERE month = -1", "plan.dictionary", 38},
    {"SELECT COUNT(*) FROM t WHERE month = 1.5", "plan.dictionary", 38},
    {"SELECT COUNT(*) FROM t WHERE smoker = 'perhaps'", "plan.dictionary", 39},
    {"SELECT COUNT(*) FROM t WHERE ward IN ('A', 'C')", "plan.dictionary", 44},
    {"SELECT COUNT(*) FROM t WHERE nothing = 1", "plan.unknown_column", 30},
    {"SELECT COUNT(*) FROM t WHERE nothing < 1", "plan.unknown_column", 30},
    {"SELECT COUNT(*) FROM t WHERE note = 'x'", "plan.ignored_column", 30},
    {"SELECT COUNT(*) FROM t WHERE age = 18", "plan.role", 34},
    {"SELECT COUNT(*) FROM t WHERE age IS NULL", "plan.role", 34, "COUNT(age)"},
    {"SELECT COUNT(*) FROM t WHERE dist = 5", "plan.bins_source", 35},
    {"SELECT COUNT(*) FROM t WHERE dist IS NULL", "plan.bins_source", 35},
    {"SELECT COUNT(*) FROM t WHERE age < 20", "plan.edges", 34, "18 and 40"},
    {"SELECT COUNT(*) FROM t WHERE age BETWEEN 18 AND 40", "plan.edges", 34, "40 and 65"},
    {"SELECT COUNT(*) FROM t WHERE age > 65", "plan.edges", 34, "nearest edges: 65"},
    {"SELECT COUNT(*) FROM t WHERE age >= -5", "plan.edges", 34, "nearest edges: 18"},
    {"SELECT COUNT(*) FROM t WHERE age < 18.5", "plan.edges", 34, "19"},
    {"SELECT COUNT(*) FROM t WHERE age < 'x'", "plan.literal", 36},
    {"SELECT COUNT(*) FROM t WHERE cost < 10.5", "plan.range", 35, "edges = [10.5]"},
    {"SELECT COUNT(*) FROM t WHERE age_bin < 18", "plan.range", 38, "write age in place"},
    {"SELECT COUNT(*) FROM t WHERE smoker < 5", "plan.range", 37, "IN"},
    {"SELECT COUNT(*) FROM t WHERE smoker < 'no'", "plan.literal", 39},
    // Out of reach.
    {"SELECT month, hour, COUNT(*) FROM t GROUP BY month, hour", "plan.unreachable", 21,
     "crosses = [[\"month\", \"weekday\"], [\"month\", \"hour\"]]"},
    {"SELECT hour, SUM(cost) FROM t WHERE month = 1 GROUP BY hour", "plan.unreachable", 14,
     "[\"hour\", \"month\"]"},
    {"SELECT month, VAR_SAMP(age) FROM t GROUP BY month", "plan.unreachable", 15,
     "[columns.age] powers = 2"},
    {"SELECT month, CORR(cost, age) FROM t GROUP BY month", "plan.unreachable", 15,
     "partition = [\"ward\", \"month\"]"},
    {"SELECT CORR(weight_kg, age) FROM t", "plan.unreachable", 8,
     "[columns.weight_kg] powers = 2; [columns.age] powers = 2"},
    {"SELECT COVAR_POP(cost, age) FROM t WHERE hour = 3", "plan.unreachable", 8,
     "partition = [\"ward\", \"hour\"]"},
    {"SELECT COUNT(*) FROM t WHERE smoker = 'no' AND hour = 3 AND month = 1 AND weekday = 1",
     "plan.unreachable", 8, "partition = "},
};

TEST(MakePlan, RefusesWithRulePlaceAndMend) {
  const DatasetView view = test_view();
  for (const Refusal& refusal : kRefusals) {
    SCOPED_TRACE(refusal.sql);
    const auto plan = make_plan(refusal.sql, view);
    ASSERT_FALSE(plan.ok());
    const base::Error& error = plan.error();
    EXPECT_EQ(error.code, base::ErrorCode::kBadInput);
    EXPECT_EQ(error.rule, refusal.rule) << base::describe(error);
    EXPECT_EQ(error.line, refusal.column == 0 ? 0 : 1);
    EXPECT_EQ(error.column, refusal.column) << base::describe(error);
    EXPECT_NE((error.message + error.hint).find(refusal.text), std::string::npos)
        << base::describe(error);
  }
}

TEST(MakePlan, NormalisesRangesOnlyWhereValuesLieOnAGrid) {
  DatasetView view = test_view();
  const auto answers = [&](const std::string& condition) {
    const auto plan = make_plan("SELECT COUNT(*) FROM t WHERE " + condition, view);
    EXPECT_TRUE(plan.ok() || plan.error().rule == "plan.edges") << condition;
    return plan.ok();
  };
  for (const bool finer : {false, true}) {
    if (finer) view.finer_bins = {"dist_bin", "age_bin"};
    EXPECT_TRUE(answers("dist < 500"));
    EXPECT_TRUE(answers("dist >= 500.00 AND dist < 1000"));
    EXPECT_EQ(answers("dist <= 499"), !finer);
    EXPECT_EQ(answers("dist > 499.5"), !finer);
    EXPECT_EQ(answers("dist BETWEEN 500 AND 999"), !finer);
    EXPECT_FALSE(answers("dist <= 500"));
    EXPECT_FALSE(answers("dist < 500.1"));
    // The measure over the same source proves that ages are whole.
    EXPECT_TRUE(answers("age BETWEEN 18 AND 39"));
  }
}

TEST(MakePlan, NamesTheLineOfAQuestionOfSeveral) {
  const auto plan = make_plan("SELECT COUNT(*)\nFROM t\nWHERE ünknown = 1", test_view());
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().line, 3);
  EXPECT_EQ(plan.error().column, 7);
}

TEST(MakePlan, RefusesWhatIsTooLongOrTooDeep) {
  const DatasetView view = test_view();
  EXPECT_EQ(make_plan(std::string(20000, ' '), view).error().rule, "sql.too_long");
  EXPECT_EQ(make_plan(std::string("SELECT 1\0", 9), view).error().rule, "sql.syntax");
  std::string deep = "SELECT COUNT(*) FROM t WHERE ";
  for (int i = 0; i < 4000; ++i) deep += "NOT ";
  EXPECT_EQ(make_plan(deep + "month=1", view).error().code, base::ErrorCode::kBadInput);
  std::string sum = "SELECT 1";
  for (int i = 0; i < 8000; ++i) sum += "+1";
  EXPECT_EQ(make_plan(sum + " FROM t", view).error().code, base::ErrorCode::kBadInput);
  EXPECT_FALSE(make_plan("SELECT " + std::string(8000, '(') + "1", view).ok());
}

// Any text is answered with a plan or with an error that has a place: bytes of good questions are
// changed, dropped, doubled and moved.
TEST(MakePlan, SurvivesDamagedQuestions) {
  const DatasetView view = test_view();
  const std::string questions[] = {
      "SELECT month, COUNT(*) AS n, AVG(cost) FROM t WHERE weekday IN (1, 7) GROUP BY 1 ORDER BY n",
      "SELECT ward, CORR(cost, cost) FROM t GROUP BY ward ORDER BY ward DESC NULLS LAST LIMIT 3",
      "SELECT COVAR_SAMP(cost, age) /* x */ FROM t WHERE ward <> 'A'",
      "SELECT COUNT(age) FROM t WHERE dist >= 500 AND dist < 1000 -- end"};
  const std::string letters = "()*,;'\"=<>-+. 0159aeE_$%\n\\\xc3\xa9/";
  constexpr std::uint64_t kSeed = 20261122;
  std::mt19937_64 random(kSeed);
  std::size_t planned = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string sql = questions[random() % std::size(questions)];
    for (std::uint64_t edits = 1 + random() % 3; edits > 0 && !sql.empty(); --edits) {
      const std::size_t at = random() % sql.size();
      const std::size_t length = 1 + random() % 6;
      switch (random() % 4) {
        case 0:
          sql[at] = letters[random() % letters.size()];
          break;
        case 1:
          sql.erase(at, length);
          break;
        case 2:
          sql.insert(at, sql.substr(random() % sql.size(), length));
          break;
        default:
          sql.insert(at, 1, letters[random() % letters.size()]);
      }
    }
    const auto plan = make_plan(sql, view);
    planned += plan.ok() ? 1U : 0U;
    if (plan.ok()) continue;
    const base::Error& error = plan.error();
    EXPECT_TRUE(error.code == base::ErrorCode::kBadInput || error.code == base::ErrorCode::kRefused)
        << sql;
    EXPECT_GE(error.line, 1) << "seed " << kSeed << ": " << sql << ": " << base::describe(error);
    EXPECT_FALSE(error.rule.empty() || error.message.empty()) << sql;
  }
  EXPECT_GT(planned, 50U);
  EXPECT_LT(planned, 2000U);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::plan
