// SPDX-License-Identifier: Apache-2.0
// A table on disk that can be read several times, streaming: CSV (RFC 4180, UTF-8, header row;
// unquoted empty field = NULL, "" = empty text) or Parquet. Memory is bounded by a few batches,
// whatever the file's size. Errors are kBadInput with file, line (Parquet: row) and field, and
// never hold a cell.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "contributor/load/raw_batch.h"

namespace cryptonet::contributor::load {

/// One reading of some columns from the first row to the last. Not thread-safe.
class RawReader {
 public:
  virtual ~RawReader() = default;
  /// The next rows; rows == 0 at the end.
  virtual base::Result<RawBatch> next() = 0;
  /// How much of the file was read, 0 to 1.
  virtual double progress() const = 0;
};

class TableSource {
 public:
  virtual ~TableSource() = default;
  /// Parquet when the file begins with its magic, else CSV (tabs between fields for *.tsv).
  static base::Result<std::unique_ptr<TableSource>> open(const std::filesystem::path& path);

  virtual const std::vector<SourceColumn>& columns() const = 0;
  /// Reads the columns with these indexes.
  virtual base::Result<std::unique_ptr<RawReader>> read(
      const std::vector<std::size_t>& wanted) const = 0;
  /// The line (CSV) or number (Parquet), from 1, of data row `row`, from 0. Slow: rescans the file.
  virtual std::int64_t line_of(std::uint64_t row) const = 0;

  const std::filesystem::path& path() const { return path_; }
  /// The index of a column; kBadInput when it is missing or stands twice.
  base::Result<std::size_t> find_column(const std::string& name) const;

 protected:
  explicit TableSource(std::filesystem::path path) : path_(std::move(path)) {}

 private:
  std::filesystem::path path_;
};

/// The two kinds behind TableSource::open. `block_bytes` is what is read at once.
base::Result<std::unique_ptr<TableSource>> open_csv(const std::filesystem::path& path,
                                                    char delimiter,
                                                    std::int32_t block_bytes = 4 << 20);
base::Result<std::unique_ptr<TableSource>> open_parquet(const std::filesystem::path& path);

}  // namespace cryptonet::contributor::load
