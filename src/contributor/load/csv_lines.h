// SPDX-License-Identifier: Apache-2.0
// A second, small reading of CSV that knows lines: the header's names, the line on which a row
// begins, and the first row with the wrong number of fields. Quotes as in RFC 4180; lines end with
// LF, CRLF or CR; empty lines are skipped where a row has several fields.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cryptonet::contributor::load {

struct CsvRow {
  std::int64_t line = 0;  ///< from 1: where the row begins
  std::size_t fields = 0;
  bool unterminated = false;       ///< a quote was never closed
  std::vector<std::string> texts;  ///< filled when asked for
};

/// Walks over the rows of a file; holds one buffer.
class CsvLines {
 public:
  static base::Result<CsvLines> open(const std::filesystem::path& path, char delimiter);
  ~CsvLines();
  CsvLines(CsvLines&& other) noexcept;
  CsvLines& operator=(CsvLines&&) = delete;

  /// The next row, the header first; nothing at the end.
  std::optional<CsvRow> next(bool with_texts);
  void skip_empty_lines(bool skip) { skip_empty_ = skip; }

 private:
  CsvLines(std::FILE* file, char delimiter);
  int get();
  int peek();

  std::FILE* file_;
  char delimiter_;
  bool skip_empty_ = true;
  std::vector<char> buffer_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace cryptonet::contributor::load
