// SPDX-License-Identifier: Apache-2.0
// Pass "parse": SQL text to Question. One SELECT over one table; the parts of it are taken one by
// one and anything that is not taken is refused (syntax_tree.h). Conditions are in conditions.cc.
#include <algorithm>
#include <array>

#include "gatekeeper/plan/draft.h"
#include "gatekeeper/plan/parse_parts.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Result;
using base::Status;

struct FunctionWord {
  std::string_view sql;
  Function function;
  std::size_t arguments;
};
constexpr std::array<FunctionWord, 12> kFunctions = {{{"count", Function::kCount, 1},
                                                      {"sum", Function::kSum, 1},
                                                      {"avg", Function::kAvg, 1},
                                                      {"var_samp", Function::kVarSamp, 1},
                                                      {"variance", Function::kVarSamp, 1},
                                                      {"var_pop", Function::kVarPop, 1},
                                                      {"stddev_samp", Function::kStddevSamp, 1},
                                                      {"stddev", Function::kStddevSamp, 1},
                                                      {"stddev_pop", Function::kStddevPop, 1},
                                                      {"covar_samp", Function::kCovarSamp, 2},
                                                      {"covar_pop", Function::kCovarPop, 2},
                                                      {"corr", Function::kCorr, 2}}};
constexpr const char* kFunctionList =
    "COUNT, SUM, AVG, VAR_SAMP, VAR_POP, STDDEV_SAMP, STDDEV_POP, COVAR_SAMP, COVAR_POP and CORR "
    "are supported";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool equals_word(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// One step over a quoted piece or a comment at `i`; the same `i` when there is none.
std::size_t skip_quoted(const std::string& sql, std::size_t i) {
  const auto past = [&](std::string_view end, std::size_t from) {
    const std::size_t found = sql.find(end, from);
    return found == std::string::npos ? sql.size() : found + end.size();
  };
  if (sql[i] == '"' || sql[i] == '\'') return past(std::string_view(&sql[i], 1), i + 1);
  if (sql.compare(i, 2, "--") == 0) return past("\n", i);
  if (sql.compare(i, 2, "/*") == 0) return past("*/", i);
  return i;
}

/// The text of the SELECT item that starts at `begin`: up to the comma or FROM outside parentheses.
std::string item_text(const std::string& sql, std::size_t begin) {
  std::size_t i = begin;
  std::size_t end = begin;  // past the last character that is neither blank nor comment
  int depth = 0;
  while (i < sql.size()) {
    const std::size_t quoted = skip_quoted(sql, i);
    if (quoted != i) {
      if (sql[i] == '"' || sql[i] == '\'') end = quoted;
      i = quoted;
    } else if (is_word(sql[i])) {
      std::size_t stop = i;
      while (stop < sql.size() && is_word(sql[stop])) ++stop;
      if (depth == 0 && equals_word(std::string_view(sql).substr(i, stop - i), "from")) break;
      end = i = stop;
    } else {
      if (depth == 0 && (sql[i] == ',' || sql[i] == ';')) break;
      depth += sql[i] == '(' ? 1 : (sql[i] == ')' ? -1 : 0);
      if (std::string_view(" \t\n\r\f").find(sql[i]) == std::string_view::npos) end = i + 1;
      ++i;
    }
  }
  return sql.substr(begin, end - begin);
}

class SelectReader {
 public:
  explicit SelectReader(const SyntaxTree& tree) : tree_(tree) {}

  Result<Question> read(const Json& select) {
    CN_RETURN_IF_ERROR(
        tree_.allow_only(select,
                         {"targetList", "fromClause", "whereClause", "groupClause", "sortClause",
                          "limitOffset", "limitCount", "limitOption", "op"},
                         0));
    CN_RETURN_IF_ERROR(read_from(SyntaxTree::member(select, "fromClause")));
    for (const Json& target : SyntaxTree::member(select, "targetList")) {
      CN_RETURN_IF_ERROR(read_target(target));
    }
    if (question_.outputs.empty()) {
      return tree_.refuse(0, "sql.syntax", "the SELECT list is empty", "ask for COUNT(*)");
    }
    if (select.contains("whereClause")) {
      CN_ASSIGN(question_.conditions, read_conditions(tree_, scope_, select["whereClause"]));
    }
    for (const Json& group : SyntaxTree::member(select, "groupClause")) {
      CN_RETURN_IF_ERROR(read_group(group));
    }
    for (const Json& sort : SyntaxTree::member(select, "sortClause")) {
      CN_RETURN_IF_ERROR(read_order(sort));
    }
    CN_RETURN_IF_ERROR(read_limit(select));
    return std::move(question_);
  }

 private:
  Status read_from(const Json& from) {
    if (from.empty()) {
      return tree_.refuse(0, "sql.from", "the question names no dataset", "add FROM and its name");
    }
    for (const Json& item : from) {
      if (!SyntaxTree::is(item, "RangeVar")) return tree_.refuse_node(item, "FROM", 0);
    }
    if (from.size() > 1) {
      return tree_.refuse(tree_.place_of(from[1], 0), "sql.join", "a join is not supported in FROM",
                          "a question names one dataset");
    }
    const Json& table = SyntaxTree::body_of(from[0]);
    const std::size_t offset = tree_.place_of(from[0], 0);
    CN_RETURN_IF_ERROR(
        tree_.allow_only(table, {"relname", "inh", "relpersistence", "alias", "location"}, offset));
    if (!SyntaxTree::flag(table, "inh")) {
      return tree_.refuse(offset, "sql.from", "ONLY is not supported");
    }
    const Json& alias = SyntaxTree::member(table, "alias");
    CN_RETURN_IF_ERROR(tree_.allow_only(alias, {"aliasname"}, offset));
    question_.dataset = {SyntaxTree::text(table, "relname"), offset};
    scope_.table = alias.empty() ? question_.dataset.text : SyntaxTree::text(alias, "aliasname");
    return base::ok();
  }

  Result<Call> read_call(const Json& node) {
    const Json& body = SyntaxTree::body_of(node);
    const std::size_t offset =
        tree_.place_of(SyntaxTree::member(body, "funcname"), tree_.place_of(node, 0));
    const Json& names = SyntaxTree::member(body, "funcname");
    const std::string name =
        names.size() == 1 ? SyntaxTree::text(SyntaxTree::body_of(names[0]), "sval") : "";
    const auto* found = std::ranges::find_if(
        kFunctions, [&](const FunctionWord& word) { return word.sql == name; });
    if (found == kFunctions.end()) {
      return tree_.refuse(offset, "sql.function",
                          "the function " + (name.empty() ? std::string("of that name") : name) +
                              " is not supported",
                          kFunctionList);
    }
    CN_RETURN_IF_ERROR(
        tree_.allow_only(body, {"funcname", "args", "agg_star", "funcformat", "location"}, offset));
    Call call{found->function, {}, offset};
    if (SyntaxTree::flag(body, "agg_star")) {
      if (call.function == Function::kCount) return call;
      return tree_.refuse(offset, "sql.function", name + "(*) is not supported", "name the column");
    }
    const Json& arguments = SyntaxTree::member(body, "args");
    if (arguments.size() != found->arguments) {
      return tree_.refuse(offset, "sql.function",
                          name + " takes " + std::to_string(found->arguments) + " column" +
                              (found->arguments == 1 ? "" : "s") + ", not " +
                              std::to_string(arguments.size()));
    }
    for (const Json& argument : arguments) {
      if (SyntaxTree::is(argument, "A_Const") && call.function == Function::kCount) {
        return tree_.refuse(tree_.place_of(argument, offset), "sql.expression",
                            "COUNT of a constant is not supported", "write COUNT(*)");
      }
      CN_ASSIGN(Name column, tree_.column_name(argument, {scope_.table}, "an aggregate"));
      call.arguments.push_back(std::move(column));
    }
    return call;
  }

  Status read_target(const Json& node) {
    const std::size_t offset = tree_.place_of(node, 0);
    if (!SyntaxTree::is(node, "ResTarget")) return tree_.refuse_node(node, "SELECT", offset);
    const Json& body = SyntaxTree::body_of(node);
    CN_RETURN_IF_ERROR(tree_.allow_only(body, {"name", "val", "location"}, offset));
    const Json& value = SyntaxTree::member(body, "val");
    OutputItem item;
    item.aliased = body.contains("name");
    if (SyntaxTree::is(value, "FuncCall")) {
      CN_ASSIGN(item.value, read_call(value));
    } else {
      CN_ASSIGN(item.value, tree_.column_name(value, {scope_.table}, "the SELECT list"));
    }
    if (item.aliased) {
      item.name = SyntaxTree::text(body, "name");
    } else {
      item.name = item_text(tree_.sql(), offset);
    }
    question_.outputs.push_back(std::move(item));
    return base::ok();
  }

  Status read_group(const Json& node) {
    if (SyntaxTree::is(node, "A_Const")) {
      CN_ASSIGN(const std::uint64_t position, tree_.whole_number(node, "GROUP BY"));
      question_.groups.emplace_back(
          Ordinal{static_cast<std::int64_t>(position), tree_.place_of(node, 0)});
      return base::ok();
    }
    CN_ASSIGN(Name name, tree_.column_name(node, {scope_.table}, "GROUP BY"));
    question_.groups.emplace_back(std::move(name));
    return base::ok();
  }

  Status read_order(const Json& sort) {
    const Json& body = SyntaxTree::body_of(sort);
    const Json& node = SyntaxTree::member(body, "node");
    const std::size_t offset = tree_.place_of(sort, 0);
    CN_RETURN_IF_ERROR(
        tree_.allow_only(body, {"node", "sortby_dir", "sortby_nulls", "location"}, offset));
    OrderItem item;
    item.descending = SyntaxTree::text(body, "sortby_dir") == "SORTBY_DESC";
    item.nulls_first = SyntaxTree::text(body, "sortby_nulls") == "SORTBY_NULLS_FIRST";
    if (SyntaxTree::is(node, "A_Const")) {
      CN_ASSIGN(const std::uint64_t position, tree_.whole_number(node, "ORDER BY"));
      item.value = Ordinal{static_cast<std::int64_t>(position), offset};
    } else if (SyntaxTree::is(node, "FuncCall")) {
      CN_ASSIGN(item.value, read_call(node));
    } else {
      CN_ASSIGN(item.value, tree_.column_name(node, {scope_.table}, "ORDER BY"));
    }
    question_.order.push_back(std::move(item));
    return base::ok();
  }

  Status read_limit(const Json& select) {
    if (SyntaxTree::text(select, "limitOption") == "LIMIT_OPTION_WITH_TIES") {
      return tree_.refuse(tree_.place_of(SyntaxTree::member(select, "limitCount"), 0), "sql.limit",
                          "FETCH … WITH TIES is not supported", "use LIMIT");
    }
    const auto is_null = [](const Json& node) {
      return SyntaxTree::flag(SyntaxTree::body_of(node), "isnull");
    };
    const Json& count = SyntaxTree::member(select, "limitCount");
    if (!count.empty() && !is_null(count)) {
      CN_ASSIGN(question_.limit, tree_.whole_number(count, "LIMIT"));
    }
    const Json& skip = SyntaxTree::member(select, "limitOffset");
    if (!skip.empty() && !is_null(skip)) {
      CN_ASSIGN(question_.offset, tree_.whole_number(skip, "OFFSET"));
    }
    return base::ok();
  }

  const SyntaxTree& tree_;
  Scope scope_;
  Question question_;
};

}  // namespace

const char* function_name(Function function) {
  constexpr std::array<const char*, 10> kNames = {
      "COUNT",       "SUM",        "AVG",        "VAR_SAMP",  "VAR_POP",
      "STDDEV_SAMP", "STDDEV_POP", "COVAR_SAMP", "COVAR_POP", "CORR"};
  return kNames[static_cast<std::size_t>(function)];
}

Result<Question> parse_question(const std::string& sql) {
  CN_ASSIGN(const SyntaxTree tree, SyntaxTree::create(sql));
  const Json& statements = SyntaxTree::member(tree.root(), "stmts");
  if (statements.empty()) {
    return tree.refuse(0, "sql.syntax", "the query is empty", "write a SELECT");
  }
  if (statements.size() > 1) {
    const Json& second = SyntaxTree::member(statements[1], "stmt_location");
    return tree.refuse(second.is_number() ? second.get<std::size_t>() : 0, "sql.one_statement",
                       "one statement at a time");
  }
  const Json& statement = SyntaxTree::member(statements[0], "stmt");
  if (SyntaxTree::is(statement, "ExplainStmt")) {
    return tree.refuse(0, "sql.statement", "EXPLAIN is not part of a question",
                       "use cryptonet query --explain");
  }
  if (!SyntaxTree::is(statement, "SelectStmt")) {
    return tree.refuse(0, "sql.statement", "only SELECT is supported");
  }
  return SelectReader(tree).read(SyntaxTree::body_of(statement));
}

Result<Draft> parse_pass(Draft draft) {
  CN_ASSIGN(draft.question, parse_question(draft.sql));
  draft.note("parse", counted(draft.question.outputs.size(), "column") + ", " +
                          counted(draft.question.groups.size(), "group key") + ", " +
                          counted(draft.question.conditions.size(), "condition") + " over " +
                          draft.question.dataset.text);
  return draft;
}

Result<std::string> dataset_of(const std::string& sql) {
  CN_ASSIGN(const Question question, parse_question(sql));
  return question.dataset.text;
}

}  // namespace cryptonet::gatekeeper::plan
