// SPDX-License-Identifier: Apache-2.0
// Chooses the reader by the file's first bytes, and finds columns by name.
#include "contributor/load/table_source.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/file_system.h"

namespace cryptonet::contributor::load {

using base::Error;
using base::ErrorCode;
using base::Result;

Result<std::unique_ptr<TableSource>> TableSource::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error(ErrorCode::kBadInput, "table.folder", "is a folder, not a table",
                 "give one CSV or Parquet file")
        .at(path.string());
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) {
    if (errno == ENOENT) {
      return Error(ErrorCode::kBadInput, "table.missing", "there is no such file",
                   "give the path of a CSV or Parquet file")
          .at(path.string());
    }
    return base::local_io_error("open the table", path, errno);
  }
  std::array<char, 4> magic{};
  const std::size_t count = std::fread(magic.data(), 1, magic.size(), file.get());
  if (count == 4 && std::memcmp(magic.data(), "PAR1", 4) == 0) return open_parquet(path);
  if (path.extension() == ".parquet") {
    return Error(ErrorCode::kBadInput, "parquet.malformed", "is not a Parquet file",
                 "export the table again")
        .at(path.string());
  }
  if (count >= 2 && (std::memcmp(magic.data(), "\xFF\xFE", 2) == 0 ||
                     std::memcmp(magic.data(), "\xFE\xFF", 2) == 0)) {
    return Error(ErrorCode::kBadInput, "csv.encoding", "is UTF-16 text", "save it as UTF-8")
        .at(path.string(), 1);
  }
  return open_csv(path, path.extension() == ".tsv" ? '\t' : ',');
}

Result<std::size_t> TableSource::find_column(const std::string& name) const {
  std::size_t found = columns().size();
  for (std::size_t i = 0; i < columns().size(); ++i) {
    if (columns()[i].name != name) continue;
    if (found != columns().size()) {
      return Error(ErrorCode::kBadInput, "table.duplicate_column",
                   "two columns of the table are named '" + name + "'", "rename one of them")
          .at(path_.string(), 1, static_cast<std::int64_t>(i + 1));
    }
    found = i;
  }
  if (found == columns().size()) {
    return Error(ErrorCode::kBadInput, "table.unknown_column",
                 "the table has no column '" + name + "', which the schema names",
                 "set from = the column's name in the table, or remove the column from the schema")
        .at(path_.string(), 1);
  }
  return found;
}

std::string shortest_text(double value, bool single_precision) {
  if (!std::isfinite(value)) return {};
  std::array<char, 64> text{};
  char* const end = text.data() + text.size();
  const auto result = single_precision ? std::to_chars(text.data(), end, static_cast<float>(value))
                                       : std::to_chars(text.data(), end, value);
  return {text.data(), result.ptr};
}

}  // namespace cryptonet::contributor::load
