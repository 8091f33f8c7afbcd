// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or an Error with a code that programs branch on and a text that people read.
// The text names the operation, the place, the limit and the mend; it never holds a cell, a key, a
// token or a level-1 label. CHECK(x) stops the program on a broken invariant of ours, in every
// build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace cryptonet::base {

/// The kinds of failure. The number is the exit code of the programs.
enum class ErrorCode : int {
  kInternal = 1,      ///< our fault
  kUsage = 2,         ///< wrong flags or arguments
  kBadInput = 3,      ///< bad input, an unsupported or unreachable question, an unknown name
  kRefused = 4,       ///< refused by policy or by a bound
  kIntegrity = 5,     ///< integrity, wrong key, or frozen
  kUnreachable = 6,   ///< a server cannot be reached, or broke off
  kLocalIo = 7,       ///< local disk or permission
  kNotSignedIn = 8,   ///< nobody is signed in, or the key expired, was revoked or is locked
  kInterrupted = 130  ///< Ctrl-C
};

/// "BAD_INPUT" for kBadInput, and so on: the word that stands in error lines and JSON.
std::string_view code_name(ErrorCode code);
/// The reverse of code_name; nothing for an unknown word.
std::optional<ErrorCode> code_from_name(std::string_view name);

/// What went wrong. `rule` is a stable short name of the rule that was broken ("csv.ragged_row"),
/// `hint` the mend. `line` and `column` count from 1; 0 means that there is none.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string rule;
  std::string message;
  std::string file;
  std::int64_t line = 0;
  std::int64_t column = 0;
  std::string hint;

  Error(ErrorCode error_code, std::string error_rule, std::string error_message,
        std::string error_hint = {})
      : code(error_code),
        rule(std::move(error_rule)),
        message(std::move(error_message)),
        hint(std::move(error_hint)) {}

  /// The same error with a place.
  Error at(std::string place_file, std::int64_t place_line = 0, std::int64_t place_column = 0) && {
    file = std::move(place_file);
    line = place_line;
    column = place_column;
    return std::move(*this);
  }
};

/// "file:line:column: message (hint)" on one line.
std::string describe(const Error& error);

/// A value of type T or an Error. Reading the value of a failed Result stops the program.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : content_(std::in_place_index<0>, std::move(value)) {
  }  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : content_(std::in_place_index<1>, std::move(error)) {
  }  // NOLINT(google-explicit-constructor)

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return const_cast<Result*>(this)->checked(); }
  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(*checked()); }
  const Error& error() const { return std::get<1>(content_); }
  Error&& take_error() { return std::get<1>(std::move(content_)); }

 private:
  T* checked();
  std::variant<T, Error> content_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;
inline Status ok() { return Done{}; }

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

template <typename T>
T* Result<T>::checked() {
  if (content_.index() != 0) check_failed("Result has a value", __FILE__, __LINE__);
  return &std::get<0>(content_);
}

}  // namespace cryptonet::base

#define CHECK(condition)              \
  ((condition) ? static_cast<void>(0) \
               : ::cryptonet::base::check_failed(#condition, __FILE__, __LINE__))

#define CN_CONCAT_INNER(a, b) a##b
#define CN_CONCAT(a, b) CN_CONCAT_INNER(a, b)

/// CN_ASSIGN(auto x, f()): x = the value of f(), or return its error from the enclosing function.
#define CN_ASSIGN(declaration, expression) \
  CN_ASSIGN_INNER(CN_CONCAT(cn_result_, __LINE__), declaration, expression)
#define CN_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                            \
  if (!result.ok()) return result.take_error();          \
  declaration = std::move(*result)

/// Return the error of a Status (or any Result) from the enclosing function.
#define CN_RETURN_IF_ERROR(expression)                                                 \
  do {                                                                                 \
    if (auto cn_status = (expression); !cn_status.ok()) return cn_status.take_error(); \
  } while (false)
