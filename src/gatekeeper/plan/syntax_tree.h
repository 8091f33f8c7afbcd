// SPDX-License-Identifier: Apache-2.0
// Reading libpg_query's tree by allow-list: a node is taken only where its type is expected, and
// only when every field that it carries is a known one. Whatever else a query holds is refused with
// its name and place. Every node is an object with one key, its type: {"ColumnRef": {…}}.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gatekeeper/plan/question.h"

namespace cryptonet::gatekeeper::plan {

using Json = nlohmann::json;

class SyntaxTree {
 public:
  /// Parses with libpg_query; kBadInput with its message and place.
  static base::Result<SyntaxTree> create(const std::string& sql);

  const std::string& sql() const { return *sql_; }
  const Json& root() const { return root_; }

  /// The type of a node; empty when it is none.
  static std::string_view type_of(const Json& node);
  /// What is inside a node, whatever its type.
  static const Json& body_of(const Json& node);
  /// True for a node of this type.
  static bool is(const Json& node, std::string_view type) { return type_of(node) == type; }
  /// The member, or an empty object: absent members read as nothing.
  static const Json& member(const Json& body, const char* key);
  static std::string text(const Json& body, const char* key);
  static bool flag(const Json& body, const char* key);

  /// Byte offset of the first place named in a subtree; `otherwise` when there is none.
  std::size_t place_of(const Json& node, std::size_t otherwise) const;

  /// Refuses a body that carries a field outside `fields`.
  base::Status allow_only(const Json& body, std::initializer_list<std::string_view> fields,
                          std::size_t offset) const;
  /// The refusal of a node that may not stand where it does.
  base::Error refuse_node(const Json& node, std::string_view where, std::size_t offset) const;
  base::Error refuse(std::size_t offset, std::string rule, std::string message,
                     std::string hint = {}) const;

  /// A column reference: one name, or `table.name` where `table` is one of `tables`.
  base::Result<Name> column_name(const Json& node, std::initializer_list<std::string_view> tables,
                                 std::string_view where) const;
  /// A text or a plain number; NULL and truth values are refused.
  base::Result<Literal> literal(const Json& node, std::string_view where) const;
  /// A whole number from zero up: ordinals, LIMIT, OFFSET.
  base::Result<std::uint64_t> whole_number(const Json& node, std::string_view where) const;

 private:
  SyntaxTree(const std::string& sql, Json root) : sql_(&sql), root_(std::move(root)) {}
  base::Result<std::string> number_text(const Json& body, std::size_t offset) const;
  const std::string* sql_;
  Json root_;
};

}  // namespace cryptonet::gatekeeper::plan
