// SPDX-License-Identifier: Apache-2.0
// Random schemas, tables and questions: the released answer must equal a direct evaluation of the
// question over the clear rows, which knows nothing of plans, digits, pairs or units. Counts and
// sums are compared digit by digit, reals with a 100-digit reference. A question that is refused as
// unreachable must become reachable by the very lines that the refusal asks to add.
#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "gatekeeper/release/random_question_for_test.h"
#include "gatekeeper/release/release.h"

namespace cryptonet::gatekeeper::release {
namespace {

using plan::ClearRow;
using plan::ClearTable;
using plan::DatasetView;
using plan::Integer;
using table::ColumnSchema;
using table::Group;
using table::Role;
using table::Schema;
using Real = boost::multiprecision::cpp_bin_float_100;

/// The direct evaluation: over the rows of one group.
struct Expected {
  std::int64_t rows = 0;
  std::int64_t persons = 0;
  bool null = false;
  std::string exact;  ///< counts and sums
  std::optional<Real> real;
};

bool is_null(const Schema& schema, const ClearRow& row, std::uint32_t field) {
  const ColumnSchema& column = schema.columns[field];
  if (column.role == Role::kMeasure) return !row.values[field];
  return table::groups_of(column)[row.codes[field]].kind == Group::Kind::kNull;
}

Expected evaluate_directly(const Schema& schema, const Aggregate& aggregate,
                           const std::vector<const ClearRow*>& rows) {
  Expected expected;
  std::vector<Real> x;
  std::vector<Real> y;
  Integer exact = 0;
  for (const ClearRow* row : rows) {
    const bool missing = std::any_of(aggregate.fields.begin(), aggregate.fields.end(),
                                     [&](std::uint32_t f) { return is_null(schema, *row, f); });
    if (missing) continue;
    ++expected.rows;
    expected.persons += row->person ? 1 : 0;
    if (aggregate.name == "COUNT") continue;
    const auto value = [&](std::uint32_t field) {
      return Real(*row->values[field]) /
             pow(Real(10), static_cast<int>(schema.columns[field].decimals));
    };
    exact += *row->values[aggregate.fields[0]];
    x.push_back(value(aggregate.fields.front()));
    y.push_back(value(aggregate.fields.back()));
  }
  const Real n(static_cast<std::int64_t>(x.size()));
  const auto mean = [&](const std::vector<Real>& v) {
    Real sum = 0;
    for (const Real& each : v) sum += each;
    return Real(sum / n);
  };
  const auto central = [&](const std::vector<Real>& a, const std::vector<Real>& b) {
    const Real mean_a = mean(a);
    const Real mean_b = mean(b);
    Real sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
    return sum;
  };
  const std::string& name = aggregate.name;
  if (name == "COUNT") {
    expected.exact = std::to_string(expected.rows);
  } else if (expected.rows < 2) {
    expected.null = true;  // always suppressed here
  } else if (name == "SUM") {
    const unsigned decimals = schema.columns[aggregate.fields[0]].decimals;
    expected.exact = table::decimal_text(static_cast<std::int64_t>(exact), decimals);
  } else if (name == "AVG") {
    expected.real = mean(x);
  } else if (name == "CORR") {
    const Real spread = central(x, x) * central(y, y);
    if (spread < Real("1e-60")) {
      expected.null = true;
    } else {
      expected.real = central(x, y) / sqrt(spread);
    }
  } else {
    const bool population = name.ends_with("_POP");
    Real value = central(x, y) / (population ? n : Real(n - 1));
    if (name.starts_with("STDDEV")) value = sqrt(value < 0 ? Real(0) : value);
    expected.real = value;
  }
  return expected;
}

/// What stands in a hint after "crosses = " or "partition = ", as a flat list per bracket pair.
std::vector<std::vector<std::string>> lists_behind(const std::string& hint,
                                                   const std::string& key) {
  std::vector<std::vector<std::string>> lists;
  const std::size_t at = hint.find(key);
  if (at == std::string::npos) return lists;
  int depth = 0;
  for (std::size_t i = at + key.size(); i < hint.size(); ++i) {
    if (hint[i] == '[') {
      ++depth;
      lists.emplace_back();
    } else if (hint[i] == ']') {
      if (--depth == 0) break;
    } else if (hint[i] == '"') {
      const std::size_t end = hint.find('"', i + 1);
      lists.back().push_back(hint.substr(i + 1, end - i - 1));
      i = end;
    }
  }
  std::erase_if(lists, [](const auto& list) { return list.empty(); });
  return lists;
}

/// The schema with the lines of a refusal's hint.
Schema mended(Schema schema, const std::string& hint) {
  for (ColumnSchema& column : schema.columns) {
    if (hint.find("[columns." + column.name + "] powers = 2") != std::string::npos) {
      column.powers = 2;
    }
  }
  if (const auto crosses = lists_behind(hint, "crosses = "); !crosses.empty()) {
    schema.crosses = crosses;
  }
  if (const auto partition = lists_behind(hint, "partition = "); !partition.empty()) {
    schema.partition = partition.front();
    std::erase_if(schema.crosses, [&](const std::vector<std::string>& cross) {
      return std::any_of(cross.begin(), cross.end(), [&](const std::string& name) {
        return std::count(schema.partition.begin(), schema.partition.end(), name) > 0;
      });
    });
  }
  return schema;
}

struct Counts {
  std::size_t cases = 0;
  std::size_t mended = 0;
  std::size_t released = 0;
  std::size_t suppressed = 0;
  std::size_t digits = 0;
  std::size_t units = 0;
};

void compare_cell(const Expected& expected, bool weighted, const AnswerCell& cell, Counts& counts) {
  if (expected.rows < 10 || (weighted && expected.persons < 10)) {
    EXPECT_EQ(cell.kind, AnswerCell::Kind::kSuppressed);
    ++counts.suppressed;
    return;
  }
  ++counts.released;
  if (expected.null) {
    EXPECT_EQ(cell.kind, AnswerCell::Kind::kNull);
  } else if (!expected.real) {
    EXPECT_EQ(cell.kind, AnswerCell::Kind::kExact);
    EXPECT_EQ(cell.text, expected.exact);
  } else {
    ASSERT_EQ(cell.kind, AnswerCell::Kind::kReal);
    const Real error = abs(Real(cell.real) - *expected.real);
    // Half a unit in the last place of a double, or of zero seen with 100 digits.
    EXPECT_LE(error, abs(*expected.real) * Real("1.12e-16") + Real("1e-70"))
        << cell.real << " for " << *expected.real;
  }
}

void check_answer(const Schema& schema, const Question& question, const DatasetView& view,
                  const ClearTable& table, const plan::CheckedPlan& plan, Counts& counts) {
  const Answer answer = release(plan, plan::totals_of(view, table, plan), {});
  std::vector<const ClearRow*> chosen;
  for (const auto& version : table) {
    for (const auto& unit : version) {
      for (const ClearRow& row : unit) {
        const bool holds =
            std::all_of(question.conditions.begin(), question.conditions.end(),
                        [&](const Condition& condition) { return condition.holds(row); });
        if (holds) chosen.push_back(&row);
      }
    }
  }
  std::size_t seen = 0;
  for (const std::vector<AnswerCell>& row : answer.rows) {
    std::vector<const ClearRow*> members;
    for (const ClearRow* candidate : chosen) {
      bool same = true;
      for (std::size_t k = 0; k < question.keys.size(); ++k) {
        const auto groups = table::groups_of(schema.columns[question.keys[k]]);
        const Group& group = groups[candidate->codes[question.keys[k]]];
        if (group.kind == Group::Kind::kNull) {
          same = same && row[k].kind == AnswerCell::Kind::kNull;
        } else if (const auto* number = std::get_if<std::int64_t>(&group.label)) {
          same = same && row[k].text == std::to_string(*number);
        } else {
          same = same && row[k].text == std::get<std::string>(group.label);
        }
      }
      if (same) members.push_back(candidate);
    }
    seen += members.size();
    for (std::size_t a = 0; a < question.aggregates.size(); ++a) {
      compare_cell(evaluate_directly(schema, question.aggregates[a], members),
                   schema.weight.has_value(), row[question.keys.size() + a], counts);
    }
  }
  EXPECT_EQ(seen, chosen.size()) << "every chosen row is in exactly one group";
  std::size_t groups = 1;
  for (const std::uint32_t key : question.keys) groups *= table::group_count(schema.columns[key]);
  EXPECT_EQ(answer.rows.size(), groups) << "every dictionary group appears";
}

void run_case(std::uint64_t seed, Counts& counts) {
  Random random(seed);
  Schema schema = random_schema(random);
  const Question question = random_question(random, schema);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + question.sql);
  std::vector<std::vector<ClearRow>> versions(1 + below(random, 2));
  for (auto& rows : versions) {
    const std::uint64_t count = 20 + below(random, 200);
    for (std::uint64_t i = 0; i < count; ++i) rows.push_back(random_row(random, schema));
  }
  for (int attempt = 0; attempt < 5; ++attempt) {
    DatasetView view = plan::view_of(schema);
    const ClearTable table = plan::place_rows(versions, view);
    const auto plan = plan::make_plan(question.sql, view);
    if (plan.ok()) {
      ++counts.cases;
      counts.mended += attempt > 0 ? 1U : 0U;
      counts.digits += plan->figures().digits > 1 ? 1U : 0U;
      counts.units += plan->figures().units > versions.size() ? 1U : 0U;
      check_answer(schema, question, view, table, *plan, counts);
      return;
    }
    ASSERT_EQ(plan.error().rule, "plan.unreachable") << base::describe(plan.error());
    EXPECT_EQ(plan.error().line, 1);
    const Schema next = mended(schema, plan.error().hint);
    ASSERT_FALSE(next == schema) << base::describe(plan.error());
    ASSERT_FALSE(table::find_problem(next)) << base::describe(plan.error());
    schema = next;
  }
  FAIL() << "the hints do not make the question reachable";
}

TEST(Release, EqualsDirectEvaluationOnRandomTables) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 1200 && !HasFailure(); ++seed) run_case(seed, counts);
  RecordProperty("cases", static_cast<int>(counts.cases));
  RecordProperty("released", static_cast<int>(counts.released));
  EXPECT_GE(counts.digits, 100U);
  EXPECT_GE(counts.units, 100U);
  EXPECT_GE(counts.mended, 100U);
  EXPECT_GE(counts.released, counts.suppressed / 2);
  if (HasFailure()) {
    ADD_FAILURE() << counts.cases << " cases, " << counts.mended << " mended, " << counts.released
                  << " cells released, " << counts.suppressed << " suppressed, " << counts.digits
                  << " with digits, " << counts.units << " with several units";
  }
}

}  // namespace
}  // namespace cryptonet::gatekeeper::release
