// SPDX-License-Identifier: Apache-2.0
// The words of the error codes, and how an error reads on one line.
#include "base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace cryptonet::base {
namespace {
struct Word {
  ErrorCode code;
  std::string_view name;
};
constexpr std::array<Word, 9> kWords = {{{ErrorCode::kInternal, "INTERNAL"},
                                         {ErrorCode::kUsage, "USAGE"},
                                         {ErrorCode::kBadInput, "BAD_INPUT"},
                                         {ErrorCode::kRefused, "REFUSED"},
                                         {ErrorCode::kIntegrity, "INTEGRITY"},
                                         {ErrorCode::kUnreachable, "UNREACHABLE"},
                                         {ErrorCode::kLocalIo, "LOCAL_IO"},
                                         {ErrorCode::kNotSignedIn, "NOT_SIGNED_IN"},
                                         {ErrorCode::kInterrupted, "INTERRUPTED"}}};
}  // namespace

std::string_view code_name(ErrorCode code) {
  for (const Word& word : kWords) {
    if (word.code == code) return word.name;
  }
  return "INTERNAL";
}

std::optional<ErrorCode> code_from_name(std::string_view name) {
  for (const Word& word : kWords) {
    if (word.name == name) return word.code;
  }
  return std::nullopt;
}

std::string describe(const Error& error) {
  std::string text;
  if (!error.file.empty()) {
    text += error.file;
    if (error.line > 0) text += ":" + std::to_string(error.line);
    if (error.line > 0 && error.column > 0) text += ":" + std::to_string(error.column);
    text += ": ";
  } else if (error.line > 0) {
    text += "line " + std::to_string(error.line);
    if (error.column > 0) text += ", column " + std::to_string(error.column);
    text += ": ";
  }
  text += error.message;
  if (!error.hint.empty()) text += " (" + error.hint + ")";
  return text;
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "cryptonet: INTERNAL: broken invariant: %s at %s:%d\n", condition, file,
               line);
  std::abort();
}

}  // namespace cryptonet::base
