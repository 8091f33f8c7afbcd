// SPDX-License-Identifier: Apache-2.0
// The walk over rows. It is used for the header and for errors only, so it is simple, not fast.
#include "contributor/load/csv_lines.h"

#include <cerrno>
#include <cstdio>

#include "base/file_system.h"

namespace cryptonet::contributor::load {

base::Result<CsvLines> CsvLines::open(const std::filesystem::path& path, char delimiter) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return base::local_io_error("open the table", path, errno);
  CsvLines lines(file, delimiter);
  // A byte order mark is no part of the first name.
  if (lines.peek() == 0xEF && lines.end_ >= 3 &&
      static_cast<unsigned char>(lines.buffer_[1]) == 0xBB &&
      static_cast<unsigned char>(lines.buffer_[2]) == 0xBF) {
    lines.position_ = 3;
  }
  return lines;
}

CsvLines::CsvLines(std::FILE* file, char delimiter)
    : file_(file), delimiter_(delimiter), buffer_(1 << 16) {}

CsvLines::CsvLines(CsvLines&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      delimiter_(other.delimiter_),
      skip_empty_(other.skip_empty_),
      buffer_(std::move(other.buffer_)),
      position_(other.position_),
      end_(other.end_),
      line_(other.line_) {}

CsvLines::~CsvLines() {
  if (file_ != nullptr) std::fclose(file_);
}

int CsvLines::peek() {
  if (position_ == end_) {
    position_ = 0;
    end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_);
    if (end_ == 0) return EOF;
  }
  return static_cast<unsigned char>(buffer_[position_]);
}

/// The next byte; line ends of every kind come as '\n'.
int CsvLines::get() {
  const int byte = peek();
  if (byte == EOF) return EOF;
  ++position_;
  if (byte == '\r' && peek() == '\n') ++position_;
  if (byte != '\r' && byte != '\n') return byte;
  ++line_;
  return '\n';
}

std::optional<CsvRow> CsvLines::next(bool with_texts) {
  while (skip_empty_ && (peek() == '\n' || peek() == '\r')) get();
  if (peek() == EOF) return std::nullopt;
  CsvRow row;
  row.line = line_;
  std::string text;
  while (true) {
    // One field: quoted to the closing quote, then plain to the delimiter.
    text.clear();
    if (peek() == '"') {
      get();
      while (true) {
        const int byte = get();
        if (byte == EOF) {
          row.unterminated = true;
          break;
        }
        if (byte == '"') {
          if (peek() != '"') break;
          get();
        }
        if (with_texts) text.push_back(static_cast<char>(byte));
      }
    }
    int byte = get();
    while (byte != EOF && byte != '\n' && byte != static_cast<unsigned char>(delimiter_)) {
      if (with_texts) text.push_back(static_cast<char>(byte));
      byte = get();
    }
    ++row.fields;
    if (with_texts) row.texts.push_back(text);
    if (byte == EOF || byte == '\n') return row;
  }
}

}  // namespace cryptonet::contributor::load
