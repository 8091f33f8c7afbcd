// SPDX-License-Identifier: Apache-2.0
// Pass "bind", the conditions: each becomes a set of codes of one dimension or bins column, and the
// sets of one column are intersected. As in SQL a comparison is not true for NULL, so the NULL
// group is in a set only where IS NULL asks for it.
//
// A range over the source of a bins column is a union of half-open intervals [low, high) of scaled
// integers, and each bound must be an edge. Where the values are known to lie on a grid of
// decimals, that of the edges or that of a measure of the same source, x <= 999 is x < 1000 and x
// > 4.5 is x >= 5. Where they are finer (Legend::finer_bins), only < and >= at an edge will do.
#include <algorithm>

#include "gatekeeper/plan/bind_parts.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::Result;
using base::Status;
using table::ColumnSchema;
using table::Role;
using Kind = Condition::Kind;

struct Interval {
  std::optional<Integer> low;   ///< included; none: -inf
  std::optional<Integer> high;  ///< excluded; none: inf
};

/// floor(text * 10^decimals), and whether nothing was cut off.
struct Scaled {
  Integer floor;
  bool exact = true;
};
Scaled scale_number(const std::string& text, unsigned decimals) {
  const bool negative = text.starts_with('-');
  Scaled scaled;
  std::optional<unsigned> behind;  // digits behind the point so far
  for (const char c : text) {
    if (c == '.') {
      behind = 0;
    } else if (c >= '0' && c <= '9') {
      if (behind && *behind >= decimals) {
        if (c != '0') scaled.exact = false;
        continue;
      }
      scaled.floor = scaled.floor * 10 + (c - '0');
      if (behind) ++*behind;
    }
  }
  for (unsigned i = behind.value_or(0); i < decimals; ++i) scaled.floor *= 10;
  if (negative) scaled.floor = -scaled.floor - (scaled.exact ? 0 : 1);
  return scaled;
}

bool is_range(Kind kind) {
  return kind == Kind::kLess || kind == Kind::kLessEqual || kind == Kind::kGreater ||
         kind == Kind::kGreaterEqual || kind == Kind::kBetween || kind == Kind::kNotBetween;
}

std::vector<Interval> intervals_of(const Condition& condition, unsigned decimals) {
  // The first grid value that is >= the literal, and the first that is > it.
  const auto at_least = [&](std::size_t i) {
    const Scaled scaled = scale_number(condition.literals[i].text, decimals);
    return Integer(scaled.floor + (scaled.exact ? 0 : 1));
  };
  const auto above = [&](std::size_t i) {
    return Integer(scale_number(condition.literals[i].text, decimals).floor + 1);
  };
  switch (condition.kind) {
    case Kind::kLess:
      return {{{}, at_least(0)}};
    case Kind::kLessEqual:
      return {{{}, above(0)}};
    case Kind::kGreater:
      return {{above(0), {}}};
    case Kind::kGreaterEqual:
      return {{at_least(0), {}}};
    case Kind::kBetween:
      return {{at_least(0), above(1)}};
    default:
      return {{{}, at_least(0)}, {above(1), {}}};
  }
}

std::string scaled_text(const Integer& value, unsigned decimals) {
  std::string digits = Integer(abs(value)).str();
  if (decimals > 0) {
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, ".");
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return (value < 0 ? "-" : "") + digits;
}

class ConditionBinder {
 public:
  explicit ConditionBinder(Draft& draft) : draft_(draft) {}

  Status bind(const Condition& condition) {
    const std::optional<std::uint32_t> field = find_column(draft_, condition.column.text);
    if (is_range(condition.kind)) {
      for (const Literal& literal : condition.literals) {
        if (literal.is_text) {
          return refuse(literal.offset, "plan.literal",
                        "a range over " + condition.column.text + " takes numbers",
                        "write the number without quotes, or use = and IN for texts");
        }
      }
      const std::vector<std::uint32_t> bins = bins_over(condition.column.text, field);
      if (field && draft_.column(*field).role == Role::kDimension &&
          (bins.empty() || has_integers_only(*field))) {
        return bind_integer_range(*field, condition);
      }
      if (!bins.empty()) return bind_bins_range(bins, condition);
      return refuse_range(condition, field);
    }
    if (!field && !bins_over(condition.column.text, field).empty()) {
      return refuse(condition.offset, "plan.bins_source",
                    condition.column.text +
                        " is the source of a bins column and can only be in a "
                        "range",
                    "use <, <=, >, >= or BETWEEN at its edges");
    }
    CN_ASSIGN(const std::uint32_t known, need_column(draft_, condition.column));
    if (draft_.column(known).role == Role::kMeasure) return refuse_measure(known, condition);
    return bind_categories(known, condition);
  }

 private:
  Error refuse(std::size_t offset, std::string rule, std::string message, std::string hint) {
    return refuse_at(draft_, offset, std::move(rule), std::move(message), std::move(hint));
  }

  const std::vector<ColumnSchema>& columns() const { return draft_.dataset->schema.columns; }

  /// The bins columns whose source the name stands for: the name itself, or the source of the
  /// measure of that name. Those that the question groups by come first.
  std::vector<std::uint32_t> bins_over(const std::string& name,
                                       std::optional<std::uint32_t> field) const {
    std::string source = name;
    if (field && draft_.column(*field).role == Role::kMeasure) source = draft_.column(*field).from;
    if (field && draft_.column(*field).role == Role::kBins) source = draft_.column(*field).name;
    std::vector<std::uint32_t> found;
    for (const bool exactly : {true, false}) {
      for (std::uint32_t i = 0; i < columns().size() && (exactly || !field); ++i) {
        if (columns()[i].role != Role::kBins) continue;
        if (matches_name(source, columns()[i].from, exactly)) found.push_back(i);
      }
      if (!found.empty()) break;
    }
    std::ranges::stable_partition(found, [&](std::uint32_t i) {
      return std::ranges::any_of(draft_.bound.keys,
                                 [&](const GroupKey& key) { return key.field == i; });
    });
    return found;
  }

  bool has_integers_only(std::uint32_t field) const {
    return std::ranges::all_of(table::groups_of(draft_.column(field)),
                               [](const table::Group& group) {
                                 return group.kind == table::Group::Kind::kNull ||
                                        std::holds_alternative<std::int64_t>(group.label);
                               });
  }

  void narrow(std::uint32_t field, const CodeSet& set) {
    const auto [place, fresh] = draft_.bound.allowed.try_emplace(field, set);
    if (fresh) return;
    for (std::size_t i = 0; i < set.size(); ++i) place->second[i] = place->second[i] && set[i];
  }

  Status bind_bins_range(const std::vector<std::uint32_t>& bins, const Condition& condition) {
    for (const std::uint32_t field : bins) {
      const ColumnSchema& column = draft_.column(field);
      const std::vector<Interval> intervals = intervals_of(condition, grid_of(column, condition));
      const std::vector<Integer> edges = edges_of(column, grid_of(column, condition));
      const bool on_edges = std::ranges::all_of(intervals, [&](const Interval& interval) {
        return is_edge(edges, interval.low) && is_edge(edges, interval.high);
      });
      if (!on_edges) continue;
      CodeSet set(table::groups_of(column).size(), false);
      for (const Interval& interval : intervals) {
        // Code i is [edges[i-1], edges[i]): it starts at -inf for i = 0, ends at inf for the last.
        for (std::size_t code = 0; code <= edges.size(); ++code) {
          const bool above = !interval.low || (code > 0 && edges[code - 1] >= *interval.low);
          const bool below =
              !interval.high || (code < edges.size() && edges[code] <= *interval.high);
          if (above && below) set[code] = true;
        }
      }
      narrow(field, set);
      return base::ok();
    }
    return refuse_off_edge(bins.front(), condition);
  }

  /// The decimals of the grid on which the source's values lie: those of the edges, or of a measure
  /// of the same source where that has more. Without a grid one more than the constants have, so
  /// that a bound beside a constant is no edge.
  unsigned grid_of(const ColumnSchema& bins, const Condition& condition) const {
    unsigned decimals = bins.decimals;
    bool has_measure = false;
    for (const ColumnSchema& column : columns()) {
      if (column.role != Role::kMeasure || column.from != bins.from) continue;
      decimals = std::max(decimals, column.decimals);
      has_measure = true;
    }
    if (has_measure || !draft_.dataset->finer_bins.contains(bins.name)) return decimals;
    for (const Literal& literal : condition.literals) {
      const std::size_t point = std::min(literal.text.find('.'), literal.text.size() - 1);
      decimals = std::max(decimals, static_cast<unsigned>(literal.text.size() - 1 - point));
    }
    return decimals + 1;
  }

  static std::vector<Integer> edges_of(const ColumnSchema& bins, unsigned grid) {
    std::vector<Integer> edges(bins.edges.begin(), bins.edges.end());
    for (Integer& edge : edges) {
      for (unsigned i = bins.decimals; i < grid; ++i) edge *= 10;
    }
    return edges;
  }

  static bool is_edge(const std::vector<Integer>& edges, const std::optional<Integer>& bound) {
    return !bound || std::ranges::count(edges, *bound) > 0;
  }

  Error refuse_off_edge(std::uint32_t field, const Condition& condition) {
    const ColumnSchema& column = draft_.column(field);
    const unsigned grid = grid_of(column, condition);
    const std::vector<Integer> edges = edges_of(column, grid);
    for (const Interval& interval : intervals_of(condition, grid)) {
      for (const std::optional<Integer>& bound : {interval.low, interval.high}) {
        if (is_edge(edges, bound)) continue;
        std::string nearest;
        const auto above = std::ranges::upper_bound(edges, *bound);
        if (above != edges.begin()) nearest = scaled_text(*std::prev(above), grid);
        if (above != edges.end()) {
          nearest += (nearest.empty() ? "" : " and ") + scaled_text(*above, grid);
        }
        const std::string where =
            draft_.dataset->finer_bins.contains(column.name)
                ? " takes < and >= with an edge of " + column.name +
                      ", whose values have more decimals than its edges"
                : " ends at " + scaled_text(*bound, grid) + ", which is no edge of " + column.name;
        return refuse(
            condition.offset, "plan.edges",
            "the range over " + condition.column.text + where + "; nearest edges: " + nearest,
            "use an edge, or add this one to edges under " + toml_header(column.name));
      }
    }
    return refuse(condition.offset, "plan.edges", "the range is off the edges", "");
  }

  Status bind_integer_range(std::uint32_t field, const Condition& condition) {
    const ColumnSchema& column = draft_.column(field);
    const std::vector<table::Group> groups = table::groups_of(column);
    CodeSet set(groups.size(), false);
    const std::vector<Interval> intervals = intervals_of(condition, 0);
    for (std::size_t code = 0; code < groups.size(); ++code) {
      if (groups[code].kind == table::Group::Kind::kNull) continue;
      const auto* number = std::get_if<std::int64_t>(&groups[code].label);
      if (groups[code].kind == table::Group::Kind::kOther || number == nullptr) {
        return refuse(condition.offset, "plan.range",
                      "a range over " + column.name +
                          " needs a dictionary of integers without "
                          "OTHER",
                      "name the categories with IN");
      }
      set[code] = std::ranges::any_of(intervals, [&](const Interval& interval) {
        return (!interval.low || *number >= *interval.low) &&
               (!interval.high || *number < *interval.high);
      });
    }
    narrow(field, set);
    return base::ok();
  }

  Error refuse_range(const Condition& condition, std::optional<std::uint32_t> field) {
    const Result<std::uint32_t> known = need_column(draft_, condition.column);
    if (!known) return known.error();
    const ColumnSchema& column = draft_.column(*field);
    if (column.role == Role::kBins) {
      return refuse(condition.offset, "plan.range",
                    column.name + " holds bins; a range is over its source " + column.from,
                    "write " + column.from + " in place of " + column.name);
    }
    std::string edges;
    for (const Interval& interval : intervals_of(condition, column.decimals)) {
      for (const std::optional<Integer>& bound : {interval.low, interval.high}) {
        if (!bound) continue;
        edges += (edges.empty() ? "" : ", ") + scaled_text(*bound, column.decimals);
      }
    }
    return refuse(
        condition.offset, "plan.range", "no bins are declared over " + condition.column.text,
        "add to the schema: " + toml_header(column.name + "_bin") +
            " role = \"bins\", from = " + toml_text(column.from) + ", edges = [" + edges + "]");
  }

  Error refuse_measure(std::uint32_t field, const Condition& condition) {
    const ColumnSchema& column = draft_.column(field);
    const bool null_test = condition.kind == Kind::kIsNull || condition.kind == Kind::kIsNotNull;
    return refuse(condition.offset, "plan.role",
                  column.name + " is a measure; this condition takes dimensions and bins",
                  null_test ? "COUNT(" + column.name + ") counts the rows where it is not NULL"
                            : "declare bins over it and use a range at their edges");
  }

  Result<std::uint32_t> code_of(std::uint32_t field, const Literal& literal) {
    const ColumnSchema& column = draft_.column(field);
    const std::vector<table::Group> groups = table::groups_of(column);
    const bool integers = std::ranges::any_of(groups, [](const table::Group& group) {
      return group.kind == table::Group::Kind::kCategory &&
             std::holds_alternative<std::int64_t>(group.label);
    });
    for (std::uint32_t code = 0; code < groups.size(); ++code) {
      if (groups[code].kind == table::Group::Kind::kNull) continue;
      if (const auto* number = std::get_if<std::int64_t>(&groups[code].label)) {
        const Scaled scaled = scale_number(literal.text, 0);
        if (!literal.is_text && scaled.exact && scaled.floor == *number) return code;
      } else if (literal.is_text && std::get<std::string>(groups[code].label) == literal.text) {
        return code;
      }
    }
    if (integers == literal.is_text) {
      return refuse(literal.offset, "plan.literal",
                    column.name + " has " + (integers ? "integers" : "texts") + " as categories",
                    integers ? "write the number without quotes" : "write the text in quotes");
    }
    return refuse(literal.offset, "plan.dictionary",
                  (literal.is_text ? "'" + literal.text + "'" : literal.text) +
                      " is not in the dictionary of " + column.name,
                  "cryptonet describe " + draft_.dataset->name + " lists its groups");
  }

  Status bind_categories(std::uint32_t field, const Condition& condition) {
    const std::vector<table::Group> groups = table::groups_of(draft_.column(field));
    const bool null_test = condition.kind == Kind::kIsNull;
    const bool negated = condition.kind == Kind::kNotEqual || condition.kind == Kind::kNotIn ||
                         condition.kind == Kind::kIsNotNull;
    CodeSet set(groups.size(), negated);
    for (const Literal& literal : condition.literals) {
      CN_ASSIGN(const std::uint32_t code, code_of(field, literal));
      set[code] = !negated;
    }
    for (std::size_t code = 0; code < groups.size(); ++code) {
      if (groups[code].kind == table::Group::Kind::kNull) set[code] = null_test;
    }
    narrow(field, set);
    return base::ok();
  }

  Draft& draft_;
};

}  // namespace

Status bind_conditions(Draft& draft) {
  ConditionBinder binder(draft);
  for (const Condition& condition : draft.question.conditions) {
    CN_RETURN_IF_ERROR(binder.bind(condition));
  }
  // A condition that every row meets costs nothing and needs no indicator.
  std::erase_if(draft.bound.allowed,
                [](const auto& entry) { return std::ranges::count(entry.second, false) == 0; });
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::plan
