// SPDX-License-Identifier: Apache-2.0
// libpg_query behind an allow-list. Its JSON form drops negative integers (-5 arrives as an empty
// number), so a number that is not positive is read again from the text at its place.
#include "gatekeeper/plan/syntax_tree.h"

#include <pg_query.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct Construct {
  std::string_view type;
  std::string_view rule;
  std::string_view words;
};
constexpr std::array kNodeWords = {
    Construct{"SubLink", "sql.subquery", "a subquery"},
    Construct{"RangeSubselect", "sql.subquery", "a subquery in FROM"},
    Construct{"JoinExpr", "sql.join", "a join"},
    Construct{"RangeFunction", "sql.from", "a function in FROM"},
    Construct{"RangeTableSample", "sql.from", "TABLESAMPLE"},
    Construct{"GroupingSet", "sql.group_by", "ROLLUP, CUBE or GROUPING SETS"},
    Construct{"A_Expr", "sql.expression", "an expression"},
    Construct{"BoolExpr", "sql.expression", "a logical expression"},
    Construct{"NullTest", "sql.expression", "IS NULL"},
    Construct{"BooleanTest", "sql.expression", "IS TRUE or IS FALSE"},
    Construct{"CaseExpr", "sql.expression", "CASE"},
    Construct{"CoalesceExpr", "sql.expression", "COALESCE"},
    Construct{"MinMaxExpr", "sql.expression", "GREATEST or LEAST"},
    Construct{"NullIfExpr", "sql.expression", "NULLIF"},
    Construct{"TypeCast", "sql.expression", "a cast"},
    Construct{"CollateClause", "sql.expression", "COLLATE"},
    Construct{"ParamRef", "sql.expression", "a parameter"},
    Construct{"RowExpr", "sql.expression", "a row value"},
    Construct{"A_ArrayExpr", "sql.expression", "an array"},
    Construct{"A_Indirection", "sql.expression", "a subscript"},
    Construct{"SQLValueFunction", "sql.expression", "a value function"},
    Construct{"SetToDefault", "sql.expression", "DEFAULT"},
    Construct{"FuncCall", "sql.expression", "a function call"},
    Construct{"ColumnRef", "sql.expression", "a column"},
    Construct{"A_Const", "sql.expression", "a constant"},
};

constexpr std::array kFieldWords = {
    Construct{"distinctClause", "sql.distinct", "SELECT DISTINCT"},
    Construct{"intoClause", "sql.statement", "SELECT INTO"},
    Construct{"havingClause", "sql.having", "HAVING"},
    Construct{"windowClause", "sql.window", "WINDOW"},
    Construct{"valuesLists", "sql.statement", "VALUES"},
    Construct{"lockingClause", "sql.statement", "FOR UPDATE or FOR SHARE"},
    Construct{"withClause", "sql.subquery", "WITH"},
    Construct{"groupDistinct", "sql.group_by", "GROUP BY DISTINCT"},
    Construct{"larg", "sql.set_operation", "UNION, INTERSECT or EXCEPT"},
    Construct{"rarg", "sql.set_operation", "UNION, INTERSECT or EXCEPT"},
    Construct{"all", "sql.set_operation", "UNION, INTERSECT or EXCEPT"},
    Construct{"agg_distinct", "sql.distinct", "DISTINCT in an aggregate"},
    Construct{"agg_filter", "sql.filter", "FILTER"},
    Construct{"agg_order", "sql.function", "ORDER BY in an aggregate"},
    Construct{"agg_within_group", "sql.function", "WITHIN GROUP"},
    Construct{"func_variadic", "sql.function", "VARIADIC"},
    Construct{"over", "sql.window", "a window (OVER)"},
    Construct{"schemaname", "sql.from", "a qualified table name"},
    Construct{"catalogname", "sql.from", "a qualified table name"},
    Construct{"colnames", "sql.from", "column aliases in FROM"},
    Construct{"useOp", "sql.order_by", "ORDER BY … USING"},
    Construct{"indirection", "sql.expression", "a subscript"},
};

template <std::size_t N>
const Construct* find_construct(const std::array<Construct, N>& words, std::string_view type) {
  const auto found =
      std::ranges::find_if(words, [&](const Construct& word) { return word.type == type; });
  return found == words.end() ? nullptr : &*found;
}

std::string_view statement_words(std::string_view type) {
  return type.ends_with("Stmt") ? type.substr(0, type.size() - 4) : type;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

/// The integer that stands at `offset` of the SQL text, with its sign; empty when it is written in
/// another way than sign, blanks, digits.
std::string integer_at(const std::string& sql, std::size_t offset) {
  std::size_t i = offset;
  std::string text;
  if (i < sql.size() && sql[i] == '-') {
    text = "-";
    ++i;
    while (i < sql.size() && is_space(sql[i])) ++i;
  }
  const std::size_t first = i;
  while (i < sql.size() && is_digit(sql[i])) ++i;
  return i == first ? std::string() : text + sql.substr(first, i - first);
}

constexpr std::size_t kMaxNumberBytes = 40;

/// Where the first byte stands that is not part of well-formed UTF-8; the size when there is none.
std::size_t first_bad_byte(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned lead = byte(i);
    std::size_t length = 1;
    unsigned low = 0x80;  // the range of the second byte: no overlong forms, no surrogates
    unsigned high = 0xBF;
    if (lead >= 0x80) {
      if (lead < 0xC2 || lead > 0xF4) return i;
      length = lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4);
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
      if (byte(i + 1) < low || byte(i + 1) > high) return i;
      for (std::size_t k = 2; k < length; ++k) {
        if ((byte(i + k) & 0xC0U) != 0x80U) return i;
      }
    }
    i += length;
  }
  return text.size();
}

const Json kNothing = Json::object();

}  // namespace

Error error_at(const std::string& sql, std::size_t offset, Error error) {
  std::int64_t line = 1;
  std::int64_t column = 1;
  for (std::size_t i = 0; i < std::min(offset, sql.size()); ++i) {
    if (sql[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(sql[i]) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  return std::move(error).at({}, line, column);
}

Result<SyntaxTree> SyntaxTree::create(const std::string& sql) {
  if (sql.size() > kMaxSqlBytes) {
    return Error(ErrorCode::kBadInput, "sql.too_long",
                 "the query has " + std::to_string(sql.size()) + " bytes; the limit is " +
                     std::to_string(kMaxSqlBytes));
  }
  if (sql.find('\0') != std::string::npos) {
    return error_at(sql, sql.find('\0'),
                    Error(ErrorCode::kBadInput, "sql.syntax", "the query holds a zero byte"));
  }
  if (const std::size_t bad = first_bad_byte(sql); bad < sql.size()) {
    return error_at(sql, bad,
                    Error(ErrorCode::kBadInput, "sql.syntax", "the query is not UTF-8 text"));
  }
  PgQueryParseResult parsed = pg_query_parse(sql.c_str());
  if (parsed.error != nullptr) {
    // libpg_query counts characters from 1; error_at wants bytes from 0.
    std::size_t offset = 0;
    for (int left = parsed.error->cursorpos - 1; left > 0 && offset < sql.size(); --left) {
      ++offset;
      while (offset < sql.size() && (static_cast<unsigned char>(sql[offset]) & 0xC0U) == 0x80U) {
        ++offset;
      }
    }
    Error error = error_at(
        sql, offset, Error(ErrorCode::kBadInput, "sql.syntax", std::string(parsed.error->message)));
    pg_query_free_parse_result(parsed);
    return error;
  }
  Json root = Json::parse(parsed.parse_tree, nullptr, /*allow_exceptions=*/false);
  pg_query_free_parse_result(parsed);
  if (!root.is_object()) {
    return error_at(sql, 0, Error(ErrorCode::kBadInput, "sql.syntax", "the query has no tree"));
  }
  return SyntaxTree(sql, std::move(root));
}

std::string_view SyntaxTree::type_of(const Json& node) {
  if (!node.is_object() || node.size() != 1) return {};
  return node.begin().key();
}

const Json& SyntaxTree::body_of(const Json& node) {
  if (!node.is_object() || node.size() != 1 || !node.begin()->is_object()) return kNothing;
  return *node.begin();
}

const Json& SyntaxTree::member(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found == body.end() ? kNothing : *found;
}

std::string SyntaxTree::text(const Json& body, const char* key) {
  const Json& value = member(body, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

bool SyntaxTree::flag(const Json& body, const char* key) {
  const Json& value = member(body, key);
  return value.is_boolean() && value.get<bool>();
}

std::size_t SyntaxTree::place_of(const Json& node, std::size_t otherwise) const {
  std::size_t first = sql_->size() + 1;
  std::vector<const Json*> open = {&node};
  while (!open.empty()) {
    const Json& next = *open.back();
    open.pop_back();
    if (!next.is_structured()) continue;
    for (const auto& [key, value] : next.items()) {
      if (value.is_structured()) {
        open.push_back(&value);
      } else if (key == "location" && value.is_number_integer() && value.get<std::int64_t>() >= 0) {
        first = std::min(first, static_cast<std::size_t>(value.get<std::int64_t>()));
      }
    }
  }
  return first > sql_->size() ? otherwise : first;
}

Error SyntaxTree::refuse(std::size_t offset, std::string rule, std::string message,
                         std::string hint) const {
  return error_at(
      *sql_, offset,
      Error(ErrorCode::kBadInput, std::move(rule), std::move(message), std::move(hint)));
}

Error SyntaxTree::refuse_node(const Json& node, std::string_view where, std::size_t offset) const {
  const std::string_view type = type_of(node);
  const Construct* word = find_construct(kNodeWords, type);
  const std::size_t place = place_of(node, offset);
  if (word == nullptr) {
    return refuse(
        place, "sql.unsupported",
        std::string(statement_words(type)) + " is not supported in " + std::string(where));
  }
  std::string hint;
  if (word->rule == "sql.subquery" || word->rule == "sql.join") {
    hint = "a question names one dataset";
  }
  return refuse(place, std::string(word->rule),
                std::string(word->words) + " is not supported in " + std::string(where),
                std::move(hint));
}

Status SyntaxTree::allow_only(const Json& body, std::initializer_list<std::string_view> fields,
                              std::size_t offset) const {
  for (const auto& [key, value] : body.items()) {
    if (std::ranges::find(fields, std::string_view(key)) != fields.end()) continue;
    const Construct* word = find_construct(kFieldWords, key);
    const std::size_t place = place_of(value, offset);
    if (word == nullptr) {
      return refuse(place, "sql.unsupported", "\"" + key + "\" is not supported in a question");
    }
    return refuse(place, std::string(word->rule), std::string(word->words) + " is not supported");
  }
  return base::ok();
}

Result<Name> SyntaxTree::column_name(const Json& node,
                                     std::initializer_list<std::string_view> tables,
                                     std::string_view where) const {
  const std::size_t offset = place_of(node, 0);
  if (!is(node, "ColumnRef")) return refuse_node(node, where, offset);
  const Json& body = body_of(node);
  CN_RETURN_IF_ERROR(allow_only(body, {"fields", "location"}, offset));
  const Json& fields = member(body, "fields");
  std::vector<std::string> parts;
  for (const Json& field : fields) {
    if (is(field, "A_Star")) {
      return refuse(offset, "sql.star", "* is not supported in " + std::string(where),
                    "rows never leave; ask for COUNT(*) or name the columns of GROUP BY");
    }
    if (!is(field, "String")) return refuse_node(field, where, offset);
    parts.push_back(text(body_of(field), "sval"));
  }
  if (parts.size() == 2 && std::ranges::find(tables, std::string_view(parts[0])) == tables.end()) {
    return refuse(offset, "sql.unknown_table",
                  "\"" + parts[0] + "\" is not the table of this question");
  }
  if (parts.empty() || parts.size() > 2) {
    return refuse(offset, "sql.unknown_table", "a column is named as column or table.column");
  }
  return Name{parts.back(), offset};
}

Result<std::string> SyntaxTree::number_text(const Json& body, std::size_t offset) const {
  if (body.contains("ival")) {
    const Json& value = member(member(body, "ival"), "ival");
    if (value.is_number_integer() && value.get<std::int64_t>() > 0) {
      return std::to_string(value.get<std::int64_t>());
    }
    std::string written = integer_at(*sql_, offset);
    const bool negative = written.starts_with('-');
    const bool zero = written.find_first_not_of("-0") == std::string::npos;
    if (written.empty() || (!negative && !zero)) {
      return refuse(offset, "sql.literal", "the number is not written plainly",
                    "write digits, with one minus sign before them where needed");
    }
    return written;
  }
  std::string written = text(member(body, "fval"), "fval");
  if (written.size() > kMaxNumberBytes) {
    return refuse(offset, "sql.literal",
                  "the number has more than " + std::to_string(kMaxNumberBytes) + " characters");
  }
  if (written.find_first_not_of("-0123456789.") != std::string::npos || written.empty()) {
    return refuse(offset, "sql.literal", "numbers with an exponent are not supported",
                  "write the number with its digits");
  }
  return written;
}

Result<Literal> SyntaxTree::literal(const Json& node, std::string_view where) const {
  const std::size_t offset = place_of(node, 0);
  if (!is(node, "A_Const")) return refuse_node(node, where, offset);
  const Json& body = body_of(node);
  CN_RETURN_IF_ERROR(
      allow_only(body, {"ival", "fval", "sval", "boolval", "bsval", "isnull", "location"}, offset));
  if (body.contains("sval")) {
    return Literal{true, text(member(body, "sval"), "sval"), offset};
  }
  if (body.contains("ival") || body.contains("fval")) {
    CN_ASSIGN(std::string written, number_text(body, offset));
    return Literal{false, std::move(written), offset};
  }
  if (flag(body, "isnull")) {
    return refuse(offset, "sql.null_literal", "comparing with NULL is never true",
                  "use IS NULL or IS NOT NULL");
  }
  return refuse(offset, "sql.literal", "this kind of constant is not supported",
                "write the category as it stands in the dictionary, a number or a 'text'");
}

Result<std::uint64_t> SyntaxTree::whole_number(const Json& node, std::string_view where) const {
  CN_ASSIGN(const Literal value, literal(node, where));
  std::uint64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, failure] = std::from_chars(value.text.data(), end, number);
  if (value.is_text || failure != std::errc() || stop != end) {
    return refuse(value.offset, "sql.literal",
                  std::string(where) + " takes a whole number from zero up");
  }
  return number;
}

}  // namespace cryptonet::gatekeeper::plan
