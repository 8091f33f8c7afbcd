// SPDX-License-Identifier: Apache-2.0
// CSV through Arrow's streaming reader. Every column is read as text, so numbers are never rounded
// on the way; Arrow's own messages quote the file, so they are replaced by ours, with the line
// found by a second reading.
#include <arrow/csv/api.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <optional>

#include "contributor/load/arrow_columns.h"
#include "contributor/load/csv_lines.h"
#include "contributor/load/csv_stream.h"
#include "contributor/load/table_source.h"

namespace cryptonet::contributor::load {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

Error csv_error(const std::filesystem::path& path, std::string rule, std::string message,
                std::string hint, std::int64_t line, std::int64_t column = 0) {
  return Error(ErrorCode::kBadInput, "csv." + std::move(rule), std::move(message), std::move(hint))
      .at(path.string(), line, column);
}

/// That a field of the row is not UTF-8, if so.
std::optional<Error> encoding_error(const std::filesystem::path& path, const CsvRow& row) {
  arrow::util::InitializeUTF8();
  for (std::size_t i = 0; i < row.texts.size(); ++i) {
    if (arrow::util::ValidateUTF8(row.texts[i])) continue;
    return csv_error(path, "encoding", "the text is not UTF-8", "save the file as UTF-8", row.line,
                     static_cast<std::int64_t>(i + 1));
  }
  return std::nullopt;
}

/// The first row of a well-formed file that is not UTF-8.
std::optional<Error> find_encoding_error(const std::filesystem::path& path, char delimiter,
                                         std::size_t expected) {
  auto lines = CsvLines::open(path, delimiter);
  if (!lines.ok()) return lines.take_error();
  lines->skip_empty_lines(expected > 1);
  while (const auto row = lines->next(true)) {
    if (auto error = encoding_error(path, *row)) return error;
  }
  return std::nullopt;
}

/// Why Arrow would not read on: the first row that breaks the form.
Error explain(const std::filesystem::path& path, char delimiter, std::size_t expected) {
  auto lines = CsvLines::open(path, delimiter);
  if (!lines.ok()) return lines.take_error();
  lines->skip_empty_lines(expected > 1);
  while (const auto row = lines->next(false)) {
    if (row->unterminated) {
      return csv_error(path, "unterminated_quote", "a quoted field is never closed",
                       "close the quote; double the quotes inside a field", row->line);
    }
    if (row->fields != expected) {
      return csv_error(path, "ragged_row",
                       "the row has " + std::to_string(row->fields) + " fields, the header has " +
                           std::to_string(expected),
                       "quote fields that hold the delimiter, or repair the row", row->line);
    }
  }
  if (auto error = find_encoding_error(path, delimiter, expected)) return *std::move(error);
  return csv_error(path, "malformed", "the file cannot be read as CSV",
                   "save it as UTF-8 CSV (RFC 4180) with rows below 4 MB", 0);
}

class CsvReader final : public RawReader {
 public:
  CsvReader(std::filesystem::path path, char delimiter, std::size_t expected,
            std::shared_ptr<CsvStream> stream, std::shared_ptr<arrow::csv::StreamingReader> reader,
            std::uint64_t size)
      : path_(std::move(path)),
        delimiter_(delimiter),
        expected_(expected),
        stream_(std::move(stream)),
        reader_(std::move(reader)),
        size_(size) {}

  Result<RawBatch> next() override {
    while (true) {
      std::shared_ptr<arrow::RecordBatch> batch;
      if (!reader_->ReadNext(&batch).ok()) return explain(path_, delimiter_, expected_);
      RawBatch out;
      out.first_row = row_;
      if (batch == nullptr) {
        if (stream_->unclosed_quote()) return explain(path_, delimiter_, expected_);
        return out;
      }
      if (batch->num_rows() == 0) continue;
      out.rows = static_cast<std::size_t>(batch->num_rows());
      row_ += out.rows;
      for (const auto& array : batch->columns()) out.columns.push_back(raw_column_of(array));
      return out;
    }
  }

  double progress() const override {
    return size_ == 0 ? 1.0
                      : std::min(1.0, static_cast<double>(reader_->bytes_read()) /
                                          static_cast<double>(size_));
  }

 private:
  std::filesystem::path path_;
  char delimiter_;
  std::size_t expected_;
  std::shared_ptr<CsvStream> stream_;
  std::shared_ptr<arrow::csv::StreamingReader> reader_;
  std::uint64_t size_;
  std::uint64_t row_ = 0;
};

/// A table without rows (Arrow takes a header alone for an error).
class NoRows final : public RawReader {
 public:
  Result<RawBatch> next() override { return RawBatch{}; }
  double progress() const override { return 1.0; }
};

class CsvSource final : public TableSource {
 public:
  CsvSource(std::filesystem::path path, char delimiter, std::int32_t block_bytes,
            std::vector<SourceColumn> columns, bool has_rows)
      : TableSource(std::move(path)),
        delimiter_(delimiter),
        block_bytes_(block_bytes),
        columns_(std::move(columns)),
        has_rows_(has_rows) {}

  const std::vector<SourceColumn>& columns() const override { return columns_; }

  Result<std::unique_ptr<RawReader>> read(const std::vector<std::size_t>& wanted) const override {
    if (!has_rows_) return std::unique_ptr<RawReader>(new NoRows);
    const auto stream = CsvStream::open(path(), delimiter_);
    if (!stream.ok()) {
      return Error(ErrorCode::kLocalIo, "local_io", "the table cannot be opened")
          .at(path().string());
    }
    auto read_options = arrow::csv::ReadOptions::Defaults();
    read_options.block_size = block_bytes_;
    read_options.use_threads = true;
    // Columns are named by position, because names may repeat; the header is skipped as a row.
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      read_options.column_names.push_back(std::to_string(i));
    }
    read_options.skip_rows_after_names = 1;
    auto parse_options = arrow::csv::ParseOptions::Defaults();
    parse_options.delimiter = delimiter_;
    parse_options.newlines_in_values = true;
    parse_options.ignore_empty_lines = columns_.size() > 1;
    auto convert_options = arrow::csv::ConvertOptions::Defaults();
    convert_options.null_values = {""};
    convert_options.strings_can_be_null = true;
    convert_options.quoted_strings_can_be_null = false;
    for (const std::size_t index : wanted) {
      const std::string name = std::to_string(index);
      convert_options.include_columns.push_back(name);
      convert_options.column_types[name] = arrow::utf8();
    }
    auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), *stream,
                                                    read_options, parse_options, convert_options);
    if (!reader.ok()) return explain(path(), delimiter_, columns_.size());
    std::error_code ignored;
    const std::uint64_t size = std::filesystem::file_size(path(), ignored);
    return std::unique_ptr<RawReader>(
        new CsvReader(path(), delimiter_, columns_.size(), *stream, *reader, size));
  }

  std::int64_t line_of(std::uint64_t row) const override {
    auto lines = CsvLines::open(path(), delimiter_);
    if (!lines.ok()) return 0;
    lines->skip_empty_lines(columns_.size() > 1);
    (void)lines->next(false);
    for (std::uint64_t i = 0; i < row; ++i) {
      if (!lines->next(false)) return 0;
    }
    const auto found = lines->next(false);
    return found ? found->line : 0;
  }

 private:
  char delimiter_;
  std::int32_t block_bytes_;
  std::vector<SourceColumn> columns_;
  bool has_rows_;
};

}  // namespace

Result<std::unique_ptr<TableSource>> open_csv(const std::filesystem::path& path, char delimiter,
                                              std::int32_t block_bytes) {
  CN_ASSIGN(CsvLines lines, CsvLines::open(path, delimiter));
  const auto header = lines.next(true);
  if (!header) {
    return csv_error(path, "no_header", "the file is empty", "the first row names the columns", 1);
  }
  if (auto error = encoding_error(path, *header)) return *std::move(error);
  std::vector<SourceColumn> columns;
  for (const std::string& name : header->texts) {
    if (name.empty()) {
      return csv_error(path, "header", "a column has no name", "name every column in the first row",
                       header->line, static_cast<std::int64_t>(columns.size() + 1));
    }
    columns.push_back({name, RawKind::kText, "text"});
  }
  if (header->unterminated) return explain(path, delimiter, columns.size());
  lines.skip_empty_lines(columns.size() > 1);
  const bool has_rows = lines.next(false).has_value();
  return std::unique_ptr<TableSource>(
      new CsvSource(path, delimiter, block_bytes, std::move(columns), has_rows));
}

}  // namespace cryptonet::contributor::load
