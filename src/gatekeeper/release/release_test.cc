// SPDX-License-Identifier: Apache-2.0
// Rounding, the formulas, order and suppression, and the document, against values worked out by
// hand (or, for roots and ratios, published to more digits than a double has).
#include "gatekeeper/release/release.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "gatekeeper/plan/tables_for_test.h"
#include "gatekeeper/release/aggregates.h"

namespace cryptonet::gatekeeper::release {
namespace {

using plan::ClearRow;
using plan::DatasetView;
using plan::Function;

TEST(NearestRatio, RoundsOnceToTheNearestDouble) {
  EXPECT_EQ(nearest_ratio(1, 3), 1.0 / 3.0);
  EXPECT_EQ(nearest_ratio(-2, 3), -2.0 / 3.0);
  EXPECT_EQ(nearest_ratio(0, 7), 0.0);
  EXPECT_EQ(nearest_ratio(10, 4), 2.5);
  EXPECT_EQ(nearest_ratio(Integer("123456789012345678901234567890"), 1), 1.2345678901234568e29);
  EXPECT_EQ(nearest_ratio(1, power_of_ten(30)), 1e-30);
  EXPECT_EQ(nearest_ratio(3141592653589793238, power_of_ten(18)), 3.141592653589793238);
}

TEST(NearestRatio, BreaksTiesToEvenAndSeesWhatIsBelowThem) {
  const Integer even = (Integer(1) << 53) + 1;  // halfway between 2^53 and 2^53 + 2
  EXPECT_EQ(nearest_ratio(even, 1), 9007199254740992.0);
  EXPECT_EQ(nearest_ratio(even + 2, 1), 9007199254740996.0);
  // A hair above the tie.
  EXPECT_EQ(nearest_ratio(even * power_of_ten(40) + 1, power_of_ten(40)), 9007199254740994.0);
  EXPECT_EQ(nearest_ratio(even * power_of_ten(40) - 1, power_of_ten(40)), 9007199254740992.0);
  // Rounding up to the next power of two.
  EXPECT_EQ(nearest_ratio((Integer(1) << 60) - 1, 1), std::ldexp(1.0, 60));
}

TEST(NearestRoot, RoundsOnceToTheNearestDouble) {
  EXPECT_EQ(nearest_root(0, 5), 0.0);
  EXPECT_EQ(nearest_root(9, 4), 1.5);
  EXPECT_EQ(nearest_root(2, 1), 1.4142135623730950488);
  EXPECT_EQ(nearest_root(1, 3), 0.57735026918962576451);
  EXPECT_EQ(nearest_root(power_of_ten(60), 1), 1e30);
  EXPECT_EQ(nearest_root(1, power_of_ten(60)), 1e-30);
  for (std::uint64_t i = 1; i < 2000; ++i) {  // sqrt() of the C library is correctly rounded
    EXPECT_EQ(nearest_root(i, 1), std::sqrt(static_cast<double>(i)));
  }
}

TEST(ExactText, ShowsEveryDecimal) {
  EXPECT_EQ(exact_text(-1250, 2), "-12.50");
  EXPECT_EQ(exact_text(5, 2), "0.05");
  EXPECT_EQ(exact_text(0, 3), "0.000");
  EXPECT_EQ(exact_text(Integer("-123456789012345678901"), 0), "-123456789012345678901");
}

plan::AggregateForm form_of(Function function, unsigned scale_x = 0, unsigned scale_y = 0) {
  plan::AggregateForm form;
  form.aggregate = {function, {0, 1}};
  form.scale_x = scale_x;
  form.scale_y = scale_y;
  return form;
}

// x = 1, 2, 3, 4 and y = 2, 4, 5, 9.
const Sums kSums{4, 10, 20, 30, 126, 61};

TEST(Evaluate, FollowsTheDefinitions) {
  const auto real = [](Function function, unsigned scale_x = 0, unsigned scale_y = 0) {
    const AggregateValue value = evaluate(form_of(function, scale_x, scale_y), kSums);
    EXPECT_EQ(value.kind, AggregateValue::Kind::kReal);
    return value.real;
  };
  EXPECT_EQ(evaluate(form_of(Function::kCount), kSums).exact, 4);
  EXPECT_EQ(evaluate(form_of(Function::kSum), kSums).exact, 10);
  EXPECT_EQ(real(Function::kAvg), 2.5);
  EXPECT_EQ(real(Function::kAvg, 2), 0.025);
  EXPECT_EQ(real(Function::kVarPop), 1.25);
  EXPECT_EQ(real(Function::kVarSamp), 5.0 / 3.0);
  EXPECT_EQ(real(Function::kVarPop, 1), 0.0125);
  EXPECT_EQ(real(Function::kStddevPop), 1.1180339887498948482);
  EXPECT_EQ(real(Function::kStddevSamp), 1.2909944487358056284);
  EXPECT_EQ(real(Function::kCovarPop), 2.75);
  EXPECT_EQ(real(Function::kCovarSamp), 11.0 / 3.0);
  EXPECT_EQ(real(Function::kCovarPop, 1, 2), 0.00275);
  EXPECT_EQ(real(Function::kCorr), 44.0 / std::sqrt(2080.0));
}

TEST(Evaluate, IsNullWhereSqlSaysSo) {
  const auto kind = [](Function function, const Sums& sums) {
    return evaluate(form_of(function), sums).kind;
  };
  const Sums none{};
  const Sums one{1, 5, 7, 25, 49, 35};
  const Sums constant{3, 15, 6, 75, 14, 30};
  EXPECT_EQ(kind(Function::kCount, none), AggregateValue::Kind::kExact);
  EXPECT_EQ(kind(Function::kSum, none), AggregateValue::Kind::kNull);
  EXPECT_EQ(kind(Function::kAvg, none), AggregateValue::Kind::kNull);
  EXPECT_EQ(kind(Function::kVarSamp, one), AggregateValue::Kind::kNull);
  EXPECT_EQ(kind(Function::kCovarSamp, one), AggregateValue::Kind::kNull);
  EXPECT_EQ(kind(Function::kVarPop, one), AggregateValue::Kind::kReal);
  EXPECT_EQ(kind(Function::kCorr, constant), AggregateValue::Kind::kNull);
}

TEST(Evaluate, DoesNotCancel) {
  // 10^9 and 10^9 + 1: squares of 61 bits that differ in the last place.
  const Integer low = power_of_ten(9);
  const Sums sums{2, low + low + 1, 0, low * low + (low + 1) * (low + 1), 0, 0};
  EXPECT_EQ(evaluate(form_of(Function::kVarSamp), sums).real, 0.5);
}

// Groups: "b" 12 rows of 5, "a" 15 rows of 1, "c" 3 rows of 100, NULL 11 rows of 7.
constexpr const char* kSchema = R"(
row_limit = 1000000
crosses = [["g", "k"]]
[columns.x]
role = "measure"
decimals = 1
min = 0.0
max = 100.0
[columns.g]
role = "dimension"
categories = ["b", "a", "c"]
nullable = true
[columns.k]
role = "dimension"
categories = [10, 9]
paired = true
)";

class ReleaseTest : public ::testing::Test {
 protected:
  ReleaseTest() : view_(plan::view_of(*table::parse_schema(kSchema, "schema.toml"))) {
    std::vector<ClearRow> rows;
    const auto add = [&](std::uint32_t group, int count, std::int64_t value) {
      for (int i = 0; i < count; ++i) {
        rows.push_back({{value, {}, {}}, {0, group, static_cast<std::uint32_t>(i % 2)}, true});
      }
    };
    add(0, 12, 50);
    add(1, 15, 10);
    add(2, 3, 1000);
    add(3, 11, 70);
    table_ = plan::place_rows({rows}, view_);
  }

  Answer ask(const std::string& sql, policy::ReleasePolicy policy = {}) {
    auto plan = plan::make_plan(sql, view_);
    if (!plan.ok()) ADD_FAILURE() << base::describe(plan.error());
    return release(*plan, plan::totals_of(view_, table_, *plan), policy);
  }

  /// Rows as text: cells parted by blanks.
  std::vector<std::string> shown(const std::string& sql, policy::ReleasePolicy policy = {}) {
    std::vector<std::string> lines;
    for (const auto& row : ask(sql, policy).rows) {
      std::string line;
      for (const AnswerCell& cell : row) {
        line += line.empty() ? "" : " ";
        switch (cell.kind) {
          case AnswerCell::Kind::kNull:
            line += "NULL";
            break;
          case AnswerCell::Kind::kSuppressed:
            line += "<suppressed>";
            break;
          case AnswerCell::Kind::kReal:
            line += nlohmann::json(cell.real).dump();
            break;
          default:
            line += cell.text;
        }
      }
      lines.push_back(line);
    }
    return lines;
  }

  DatasetView view_;
  plan::ClearTable table_;
};

using Lines = std::vector<std::string>;

TEST_F(ReleaseTest, ListsEveryGroupInDictionaryOrder) {
  EXPECT_EQ(shown("SELECT g, COUNT(*), SUM(x), AVG(x) FROM t GROUP BY g"),
            (Lines{"b 12 60.0 5.0", "a 15 15.0 1.0", "c <suppressed> <suppressed> <suppressed>",
                   "NULL 11 77.0 7.0"}));
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t WHERE g = 'a' GROUP BY g"),
            (Lines{"b <suppressed>", "a 15", "c <suppressed>", "NULL <suppressed>"}));
  EXPECT_EQ(shown("SELECT COUNT(*) FROM t"), (Lines{"41"}));
}

TEST_F(ReleaseTest, OrdersByReleasedValuesOnly) {
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY 2"),
            (Lines{"NULL 11", "b 12", "a 15", "c <suppressed>"}));
  EXPECT_EQ(shown("SELECT g, COUNT(*) AS n FROM t GROUP BY g ORDER BY n DESC NULLS FIRST"),
            (Lines{"a 15", "b 12", "NULL 11", "c <suppressed>"}));
  // A hidden aggregate, whose suppressed value would otherwise be the largest.
  EXPECT_EQ(shown("SELECT g FROM t GROUP BY g ORDER BY AVG(x) DESC LIMIT 3"),
            (Lines{"NULL", "b", "a"}));
}

TEST_F(ReleaseTest, OrdersGroupsByDictionaryAndIntegersByValue) {
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY g DESC"),
            (Lines{"c <suppressed>", "a 15", "b 12", "NULL 11"}));
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY g NULLS FIRST LIMIT 2"),
            (Lines{"NULL 11", "b 12"}));
  EXPECT_EQ(shown("SELECT k, COUNT(*) FROM t GROUP BY k ORDER BY k"), (Lines{"9 19", "10 22"}));
  EXPECT_EQ(shown("SELECT k, COUNT(*) FROM t GROUP BY k"), (Lines{"10 22", "9 19"}));
}

TEST_F(ReleaseTest, LimitsAfterOrdering) {
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g LIMIT 1 OFFSET 1"), (Lines{"a 15"}));
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g LIMIT 0"), Lines{});
  EXPECT_EQ(shown("SELECT g, COUNT(*) FROM t GROUP BY g OFFSET 99"), Lines{});
  EXPECT_EQ(shown("SELECT COUNT(*) FROM t LIMIT ALL"), (Lines{"41"}));
}

TEST_F(ReleaseTest, KeepsToTheThreshold) {
  EXPECT_EQ(shown("SELECT g, SUM(x) FROM t GROUP BY g", {.smallest_cell = 13}),
            (Lines{"b <suppressed>", "a 15.0", "c <suppressed>", "NULL <suppressed>"}));
  EXPECT_EQ(shown("SELECT COUNT(*), SUM(x) FROM t WHERE g = 'c' AND g = 'a'", {.smallest_cell = 0}),
            (Lines{"0 NULL"}));
}

TEST_F(ReleaseTest, CountsNonNullGroups) {
  EXPECT_EQ(shown("SELECT COUNT(g), COUNT(k), COUNT(x) FROM t"), (Lines{"30 41 41"}));
}

TEST_F(ReleaseTest, WritesTheDocument) {
  const Answer answer = ask("SELECT g, k, COUNT(*), SUM(x) AS s FROM t GROUP BY g, k LIMIT 1");
  DocumentFrame frame;
  frame.dataset = "t";
  frame.version = 7;
  frame.figures = {4, 1, 1, 120, 144, 99};
  frame.timing = {1.5, 2, 3, 6.5};
  EXPECT_EQ(write_document(answer, frame),
            R"j({"format":"cryptonet.result.v1","dataset":"t","version":7,)j"
            R"j("columns":[{"name":"g","type":"text","scale":0},)j"
            R"j({"name":"k","type":"integer","scale":0},)j"
            R"j({"name":"COUNT(*)","type":"integer","scale":0},)j"
            R"j({"name":"s","type":"decimal","scale":1}],)j"
            R"j("rows":[["b","10",null,null]],"suppressed":[[0,2],[0,3]],)j"
            R"j("plan":{"pairs":4,"units":1,"digits":1,"bound_bits":120,"modulus_bits":144,)j"
            R"j("bytes_read":99},"timing_ms":{"plan":1.5,"compute":2.0,"open":3.0,"total":6.5},)j"
            R"j("cached":false})j");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::release
