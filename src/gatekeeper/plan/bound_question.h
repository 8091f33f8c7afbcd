// SPDX-License-Identifier: Apache-2.0
// A question whose names have been looked up: fields are positions in Schema::columns, groups are
// codes (positions in table::groups_of).
#pragma once

#include <map>

#include "gatekeeper/plan/question.h"
#include "table/schema.h"

namespace cryptonet::gatekeeper::plan {

/// The codes of a dimension that a row may have; as long as its dictionary.
using CodeSet = std::vector<bool>;

struct GroupKey {
  std::uint32_t field = 0;
  std::uint32_t groups = 0;  ///< all appear in the answer, those that no row can reach too
};
struct Aggregate {
  Function function = Function::kCount;
  std::vector<std::uint32_t> fields;  ///< none: COUNT(*)
  bool operator==(const Aggregate&) const = default;
};
struct BoundOutput {
  std::string name;
  bool visible = true;                         ///< false: there for ORDER BY only
  std::variant<std::size_t, Aggregate> value;  ///< a position in `keys`, or an aggregate
  std::size_t offset = 0;                      ///< where it stands in the question
};
struct SortKey {
  std::size_t output = 0;
  bool descending = false;
  bool nulls_first = false;
};
struct BoundQuestion {
  std::vector<GroupKey> keys;
  std::map<std::uint32_t, CodeSet> allowed;  ///< only fields that a condition narrows
  std::vector<BoundOutput> outputs;
  std::vector<SortKey> order;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
};

/// The code of a dimension's NULL group; nothing when it has none.
std::optional<std::uint32_t> null_code(const table::ColumnSchema& column);
/// A TOML basic string, as it stands in the lines that errors ask to add.
std::string toml_text(const std::string& text);
/// "[columns.delay]", with quotes where TOML wants them.
std::string toml_header(const std::string& column);

}  // namespace cryptonet::gatekeeper::plan
