// SPDX-License-Identifier: Apache-2.0
// What a schema costs on disk, before anything is encrypted.
#pragma once

#include <vector>

#include "table/stored_columns.h"

namespace cryptonet::table {

/// Above this many bytes per row a schema is worth a second look.
inline constexpr std::uint64_t kStorageWarningBytesPerRow = 1024;

struct Storage {
  std::uint64_t stored_columns = 0;
  std::uint64_t bytes_per_row = 0;           ///< over all stored columns
  std::uint64_t bytes = 0;                   ///< of all segments of one unit with these rows
  std::uint64_t hint_bytes = 0;              ///< per unit
  std::vector<std::uint64_t> field_columns;  ///< stored columns of each schema column
  std::uint64_t cross_columns = 0;
  std::uint64_t common_columns = 0;  ///< rows, weight and their checks
};
Storage storage_of(const Schema& schema, const StoredLayout& layout,
                   const columns::format::ParameterSet& set, std::uint64_t rows);

}  // namespace cryptonet::table
