// SPDX-License-Identifier: Apache-2.0
// Pass "parse", the WHERE clause: ANDs of =, <>, <, <=, >, >=, IN, BETWEEN and IS NULL, each
// between one column and constants.
#include <algorithm>
#include <array>

#include "gatekeeper/plan/parse_parts.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Result;
using base::Status;
using Kind = Condition::Kind;

struct Comparison {
  std::string_view sql;
  Kind kind;
  Kind mirrored;  ///< the same with its sides exchanged
};
constexpr std::array<Comparison, 6> kComparisons = {
    {{"=", Kind::kEqual, Kind::kEqual},
     {"<>", Kind::kNotEqual, Kind::kNotEqual},
     {"<", Kind::kLess, Kind::kGreater},
     {"<=", Kind::kLessEqual, Kind::kGreaterEqual},
     {">", Kind::kGreater, Kind::kLess},
     {">=", Kind::kGreaterEqual, Kind::kLessEqual}}};

constexpr std::string_view kWhere = "WHERE";

std::string operator_of(const Json& body) {
  const Json& names = SyntaxTree::member(body, "name");
  if (names.size() != 1) return {};
  return SyntaxTree::text(SyntaxTree::body_of(names[0]), "sval");
}

class ConditionReader {
 public:
  ConditionReader(const SyntaxTree& tree, const Scope& scope) : tree_(tree), scope_(scope) {}

  Result<std::vector<Condition>> read(const Json& where) {
    std::vector<const Json*> open = {&where};
    while (!open.empty()) {
      const Json& node = *open.back();
      open.pop_back();
      if (SyntaxTree::is(node, "BoolExpr")) {
        CN_RETURN_IF_ERROR(require_and(node));
        const Json& arguments = SyntaxTree::member(SyntaxTree::body_of(node), "args");
        for (std::size_t i = arguments.size(); i-- > 0;) open.push_back(&arguments[i]);
      } else if (SyntaxTree::is(node, "A_Expr")) {
        CN_RETURN_IF_ERROR(read_expression(node));
      } else if (SyntaxTree::is(node, "NullTest")) {
        CN_RETURN_IF_ERROR(read_null_test(node));
      } else {
        return tree_.refuse_node(node, kWhere, 0);
      }
    }
    return std::move(conditions_);
  }

 private:
  Status require_and(const Json& node) {
    const std::string boolean = SyntaxTree::text(SyntaxTree::body_of(node), "boolop");
    if (boolean == "AND_EXPR") return base::ok();
    const std::size_t place = own_place(node);
    if (boolean == "OR_EXPR") {
      return tree_.refuse(place, "sql.or", "OR is not supported in WHERE",
                          "several values of one column: column IN (…)");
    }
    return tree_.refuse(place, "sql.not", "NOT before a condition is not supported",
                        "use <>, NOT IN, NOT BETWEEN or IS NOT NULL");
  }

  /// The place of the node itself rather than the first of its parts.
  std::size_t own_place(const Json& node) const {
    const Json& location = SyntaxTree::member(SyntaxTree::body_of(node), "location");
    if (location.is_number_unsigned()) return location.get<std::size_t>();
    return tree_.place_of(node, 0);
  }

  Result<Name> column(const Json& node) {
    return tree_.column_name(node, {scope_.table}, "a condition");
  }

  Status read_null_test(const Json& node) {
    const Json& body = SyntaxTree::body_of(node);
    CN_RETURN_IF_ERROR(
        tree_.allow_only(body, {"arg", "nulltesttype", "location"}, own_place(node)));
    CN_ASSIGN(Name name, column(SyntaxTree::member(body, "arg")));
    const bool is_null = SyntaxTree::text(body, "nulltesttype") == "IS_NULL";
    conditions_.push_back(
        {is_null ? Kind::kIsNull : Kind::kIsNotNull, std::move(name), {}, own_place(node)});
    return base::ok();
  }

  Status read_expression(const Json& node) {
    const Json& body = SyntaxTree::body_of(node);
    const std::size_t place = own_place(node);
    CN_RETURN_IF_ERROR(
        tree_.allow_only(body, {"kind", "name", "lexpr", "rexpr", "location"}, place));
    const std::string kind = SyntaxTree::text(body, "kind");
    if (kind == "AEXPR_OP") return read_comparison(body, place);
    if (kind == "AEXPR_IN") {
      return read_list(operator_of(body) == "=" ? Kind::kIn : Kind::kNotIn, body, place);
    }
    if (kind == "AEXPR_BETWEEN") return read_list(Kind::kBetween, body, place);
    if (kind == "AEXPR_NOT_BETWEEN") return read_list(Kind::kNotBetween, body, place);
    const bool like = kind == "AEXPR_LIKE" || kind == "AEXPR_ILIKE" || kind == "AEXPR_SIMILAR";
    return tree_.refuse(place, like ? "sql.like" : "sql.expression",
                        like ? "LIKE is not supported" : "this operator is not supported",
                        "conditions compare a column with constants: =, <>, <, <=, >, >=, IN, "
                        "BETWEEN, IS NULL");
  }

  Status read_comparison(const Json& body, std::size_t place) {
    const std::string name = operator_of(body);
    const auto* found = std::ranges::find_if(
        kComparisons, [&](const Comparison& comparison) { return comparison.sql == name; });
    if (found == kComparisons.end() || !body.contains("lexpr")) {
      return tree_.refuse(place, "sql.expression", "the operator " + name + " is not supported",
                          "conditions compare a column with constants");
    }
    const Json* left = &SyntaxTree::member(body, "lexpr");
    const Json* right = &SyntaxTree::member(body, "rexpr");
    Kind kind = found->kind;
    if (SyntaxTree::is(*left, "A_Const")) {
      std::swap(left, right);
      kind = found->mirrored;
    }
    CN_ASSIGN(Name name_of_column, column(*left));
    if (SyntaxTree::is(*right, "ColumnRef")) {
      return tree_.refuse(tree_.place_of(*right, place), "sql.expression",
                          "comparing two columns is not supported",
                          "conditions compare a column with constants");
    }
    CN_ASSIGN(Literal constant, tree_.literal(*right, "a condition"));
    conditions_.push_back({kind, std::move(name_of_column), {std::move(constant)}, place});
    return base::ok();
  }

  Status read_list(Kind kind, const Json& body, std::size_t place) {
    Condition condition{kind, {}, {}, place};
    CN_ASSIGN(condition.column, column(SyntaxTree::member(body, "lexpr")));
    const Json& list = SyntaxTree::member(body, "rexpr");
    if (!SyntaxTree::is(list, "List")) return tree_.refuse_node(list, "a condition", place);
    for (const Json& item : SyntaxTree::member(SyntaxTree::body_of(list), "items")) {
      CN_ASSIGN(Literal constant, tree_.literal(item, "a condition"));
      condition.literals.push_back(std::move(constant));
    }
    const bool between = kind == Kind::kBetween || kind == Kind::kNotBetween;
    if (condition.literals.empty() || (between && condition.literals.size() != 2)) {
      return tree_.refuse(place, "sql.expression", "the list of constants is not complete");
    }
    conditions_.push_back(std::move(condition));
    return base::ok();
  }

  const SyntaxTree& tree_;
  const Scope& scope_;
  std::vector<Condition> conditions_;
};

}  // namespace

Result<std::vector<Condition>> read_conditions(const SyntaxTree& tree, const Scope& scope,
                                               const Json& where) {
  return ConditionReader(tree, scope).read(where);
}

}  // namespace cryptonet::gatekeeper::plan
