// SPDX-License-Identifier: Apache-2.0
// A question as it was written: the SQL subset after parsing, names not yet looked up. Offsets are
// bytes from the start of the SQL text, for the place in errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace cryptonet::gatekeeper::plan {

inline constexpr std::size_t kMaxSqlBytes = 16384;

enum class Function : std::uint8_t {
  kCount,
  kSum,
  kAvg,
  kVarSamp,
  kVarPop,
  kStddevSamp,
  kStddevPop,
  kCovarSamp,
  kCovarPop,
  kCorr
};
/// "COVAR_SAMP": the one spelling of a function in plans and fingerprints.
const char* function_name(Function function);

struct Name {
  std::string text;
  std::size_t offset = 0;
};
struct Literal {
  bool is_text = false;
  std::string text;  ///< a text's content, or a plain decimal number ("-12.50")
  std::size_t offset = 0;
};
struct Call {
  Function function = Function::kCount;
  std::vector<Name> arguments;  ///< none: COUNT(*)
  std::size_t offset = 0;
};
struct OutputItem {
  std::variant<Name, Call> value;
  std::string name;  ///< the alias, or the text as written
  bool aliased = false;
};
/// A place in the SELECT list, counted from 1.
struct Ordinal {
  std::int64_t position = 0;
  std::size_t offset = 0;
};
struct Condition {
  enum class Kind : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kNotIn,
    kBetween,
    kNotBetween,
    kIsNull,
    kIsNotNull
  } kind = Kind::kEqual;
  Name column;
  std::vector<Literal> literals;
  std::size_t offset = 0;
};
struct OrderItem {
  std::variant<Ordinal, Name, Call> value;
  bool descending = false;
  bool nulls_first = false;
};
struct Question {
  Name dataset;
  std::vector<OutputItem> outputs;
  std::vector<Condition> conditions;  ///< all must hold
  std::vector<std::variant<Ordinal, Name>> groups;
  std::vector<OrderItem> order;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
};

/// The error with line and column (in characters) of a byte offset of `sql`.
base::Error error_at(const std::string& sql, std::size_t offset, base::Error error);

/// kBadInput with the place for anything outside the subset.
base::Result<Question> parse_question(const std::string& sql);

}  // namespace cryptonet::gatekeeper::plan
