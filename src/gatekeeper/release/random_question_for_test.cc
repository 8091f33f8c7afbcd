// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/release/random_question_for_test.h"

#include <algorithm>

namespace cryptonet::gatekeeper::release {
namespace {

using plan::ClearRow;
using table::ColumnSchema;
using table::Group;
using table::Role;
using table::Schema;

bool chance(Random& random, std::uint64_t percent) { return below(random, 100) < percent; }

ColumnSchema random_measure(Random& random, const std::string& name) {
  ColumnSchema column;
  column.name = column.from = name;
  column.role = Role::kMeasure;
  column.decimals = static_cast<unsigned>(below(random, 3));
  const std::int64_t size = std::vector<std::int64_t>{1, 50, 3000, 10000000}[below(random, 4)];
  column.min = chance(random, 50) ? -size : static_cast<std::int64_t>(below(random, 3));
  column.max = size + 5;
  column.powers = static_cast<unsigned>(1 + below(random, 2));
  column.nullable = chance(random, 40);
  return column;
}

ColumnSchema random_dimension(Random& random, const std::string& name) {
  ColumnSchema column;
  column.name = column.from = name;
  column.role = Role::kDimension;
  const std::uint64_t count = 2 + below(random, 3);
  const bool integers = chance(random, 50);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (integers) {
      column.categories.emplace_back(static_cast<std::int64_t>(i) * 2 - 1);
    } else {
      column.categories.emplace_back("it's " + std::string(1, static_cast<char>('a' + i)));
    }
  }
  column.other = chance(random, 20);
  column.nullable = chance(random, 30);
  column.paired = chance(random, 30);
  return column;
}

std::uint32_t bin_of(const ColumnSchema& bins, std::optional<std::int64_t> value) {
  if (!value) return static_cast<std::uint32_t>(bins.edges.size() + 1);
  std::uint32_t code = 0;
  while (code < bins.edges.size() && *value >= bins.edges[code]) ++code;
  return code;
}

std::string literal(const Group& group) {
  if (const auto* number = std::get_if<std::int64_t>(&group.label)) return std::to_string(*number);
  std::string text = "'";
  for (const char c : std::get<std::string>(group.label))
    text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

/// A range over x, tested on the value itself.
Condition random_range(Random& random, const ColumnSchema& column, std::uint32_t field) {
  Condition condition;
  condition.field = field;
  const std::int64_t low = column.edges[0];
  const std::int64_t high = column.edges[1];
  const std::string low_text = table::decimal_text(low, column.decimals);
  const std::string high_text = table::decimal_text(high, column.decimals);
  const std::string last_text = table::decimal_text(high - 1, column.decimals);
  const auto on_value = [&](const std::string& sql, std::function<bool(std::int64_t)> test) {
    condition.sql = sql;
    condition.holds = [test](const ClearRow& row) { return row.values[0] && test(*row.values[0]); };
  };
  switch (below(random, 5)) {
    case 0:
      on_value("x < " + high_text, [=](std::int64_t v) { return v < high; });
      break;
    case 1:
      on_value(low_text + " <= x", [=](std::int64_t v) { return v >= low; });
      break;
    case 2:
      on_value("x BETWEEN " + low_text + " AND " + last_text,
               [=](std::int64_t v) { return v >= low && v <= high - 1; });
      break;
    case 3:
      on_value("x NOT BETWEEN " + low_text + " AND " + last_text,
               [=](std::int64_t v) { return v < low || v > high - 1; });
      break;
    default:
      on_value("x > " + last_text, [=](std::int64_t v) { return v > high - 1; });
  }
  return condition;
}

Condition random_condition(Random& random, const Schema& schema, std::uint32_t field) {
  const ColumnSchema& column = schema.columns[field];
  if (column.role == Role::kBins) return random_range(random, column, field);
  Condition condition;
  condition.field = field;
  const std::vector<Group> groups = table::groups_of(column);
  std::vector<std::uint32_t> real;
  std::optional<std::uint32_t> null_code;
  for (std::uint32_t code = 0; code < groups.size(); ++code) {
    if (groups[code].kind == Group::Kind::kNull) {
      null_code = code;
    } else {
      real.push_back(code);
    }
  }
  const std::uint32_t first = real[below(random, real.size())];
  const std::uint32_t second = real[below(random, real.size())];
  const auto on_code = [&](const std::string& sql, std::function<bool(std::uint32_t)> test) {
    condition.sql = column.name + sql;
    condition.holds = [test, field](const ClearRow& row) { return test(row.codes[field]); };
  };
  const auto not_null = [null_code](std::uint32_t c) { return !null_code || c != *null_code; };
  switch (below(random, 6)) {
    case 0:
      on_code(" = " + literal(groups[first]), [=](std::uint32_t c) { return c == first; });
      break;
    case 1:
      on_code(" <> " + literal(groups[first]),
              [=](std::uint32_t c) { return c != first && not_null(c); });
      break;
    case 2:
      on_code(" IN (" + literal(groups[first]) + ", " + literal(groups[second]) + ")",
              [=](std::uint32_t c) { return c == first || c == second; });
      break;
    case 3:
      on_code(" NOT IN (" + literal(groups[first]) + ", " + literal(groups[second]) + ")",
              [=](std::uint32_t c) { return c != first && c != second && not_null(c); });
      break;
    case 4:
      on_code(" IS NULL", [=](std::uint32_t c) { return !not_null(c); });
      break;
    default:
      on_code(" IS NOT NULL", [=](std::uint32_t c) { return not_null(c); });
  }
  return condition;
}

}  // namespace

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

Schema random_schema(Random& random) {
  Schema schema;
  schema.row_limit = std::vector<std::uint64_t>{1000, 10000000, 4000000000}[below(random, 3)];
  for (const char* name : {"x", "y"}) schema.columns.push_back(random_measure(random, name));
  for (const char* name : {"g", "h", "k"}) schema.columns.push_back(random_dimension(random, name));
  ColumnSchema bins;
  bins.name = "x_bin";
  bins.from = "x";
  bins.role = Role::kBins;
  bins.decimals = schema.columns[0].decimals;
  bins.nullable = schema.columns[0].nullable;
  bins.edges = {0, schema.columns[0].max / 2 + 1};
  schema.columns.push_back(bins);
  if (chance(random, 50)) schema.crosses.push_back({"g", "h"});
  if (chance(random, 30)) schema.crosses.push_back({"x_bin", "h"});
  if (chance(random, 50)) schema.partition.push_back("k");
  if (chance(random, 40)) schema.weight = "w";
  return schema;
}

ClearRow random_row(Random& random, const Schema& schema) {
  ClearRow row;
  row.values.resize(schema.columns.size());
  row.codes.resize(schema.columns.size());
  row.person = !schema.weight || chance(random, 70);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const ColumnSchema& column = schema.columns[i];
    if (column.role == Role::kMeasure) {
      const auto span = static_cast<std::uint64_t>(column.max - column.min + 1);
      if (!column.nullable || chance(random, 80)) {
        row.values[i] = column.min + static_cast<std::int64_t>(below(random, span));
      }
    } else if (column.role == Role::kDimension) {
      row.codes[i] = static_cast<std::uint32_t>(below(random, table::group_count(column)));
    } else {
      row.codes[i] = bin_of(column, row.values[0]);
    }
  }
  return row;
}

Question random_question(Random& random, const Schema& schema) {
  Question question;
  std::vector<std::uint32_t> dimensions = {2, 3, 4, 5};
  std::shuffle(dimensions.begin(), dimensions.end(), random);
  const std::uint64_t keys = std::vector<std::uint64_t>{0, 1, 1, 2}[below(random, 4)];
  question.keys.assign(dimensions.begin(), dimensions.begin() + static_cast<std::ptrdiff_t>(keys));
  const std::uint64_t conditions = std::vector<std::uint64_t>{0, 1, 1, 2}[below(random, 4)];
  for (std::uint64_t i = 0; i < conditions; ++i) {
    question.conditions.push_back(
        random_condition(random, schema, static_cast<std::uint32_t>(2 + below(random, 4))));
  }
  const std::uint64_t aggregates = 1 + below(random, 3);
  for (std::uint64_t i = 0; i < aggregates; ++i) {
    static const std::vector<std::string> kNames = {
        "COUNT",      "COUNT",      "SUM",       "AVG",  "VAR_SAMP", "VAR_POP", "STDDEV_SAMP",
        "STDDEV_POP", "COVAR_SAMP", "COVAR_POP", "CORR", "VARIANCE", "STDDEV"};
    Aggregate aggregate{kNames[below(random, kNames.size())], {}};
    const bool two = aggregate.name.starts_with("COVAR") || aggregate.name == "CORR";
    const auto measure = [&] { return static_cast<std::uint32_t>(below(random, 2)); };
    if (aggregate.name == "COUNT") {
      if (chance(random, 60)) {
        aggregate.fields = {static_cast<std::uint32_t>(below(random, schema.columns.size()))};
      }
    } else {
      aggregate.fields = {measure()};
      if (two) aggregate.fields.push_back(measure());
    }
    question.aggregates.push_back(std::move(aggregate));
  }
  std::string& sql = question.sql;
  std::string list;
  for (const std::uint32_t key : question.keys) {
    list += (list.empty() ? "" : ", ") + schema.columns[key].name;
  }
  sql = "SELECT " + list;
  for (std::size_t i = 0; i < question.aggregates.size(); ++i) {
    const Aggregate& aggregate = question.aggregates[i];
    std::string arguments;
    for (const std::uint32_t field : aggregate.fields) {
      arguments += (arguments.empty() ? "" : ", ") + schema.columns[field].name;
    }
    sql += std::string(list.empty() && i == 0 ? "" : ", ") + aggregate.name + "(" +
           (arguments.empty() ? "*" : arguments) + ")";
  }
  sql += " FROM t";
  for (std::size_t i = 0; i < question.conditions.size(); ++i) {
    sql += (i == 0 ? " WHERE " : " AND ") + question.conditions[i].sql;
  }
  if (!list.empty()) sql += " GROUP BY " + list;
  return question;
}

}  // namespace cryptonet::gatekeeper::release
