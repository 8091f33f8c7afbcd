// SPDX-License-Identifier: Apache-2.0
// The table that the jobs work on: measures of 11 bits and one dimension of ten groups, encrypted
// as an upload of one unit. Stored columns: measure i at 2i with its check at 2i + 1, then the
// indicators of the groups.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "columns/open/upload_testing.h"

namespace cryptonet::bench {

inline constexpr std::uint32_t kGroups = 10;

struct Table {
  std::uint32_t measures = 0;
  columns::UnitRows sources;  ///< the measures, then the group of each row
  std::vector<std::optional<std::uint32_t>> twins;
  std::vector<columns::encrypt::ColumnPlan> plans;
  std::optional<columns::UploadForTest> upload;

  /// Clear values and plans, reproducible; `upload` stays empty.
  static Table make(std::uint32_t measures, std::uint64_t rows);

  std::uint64_t rows() const { return sources.front().size(); }
  std::uint32_t indicator(std::uint32_t group) const { return 2 * measures + group; }
  /// A measure alone or times another stored column, with its check.
  columns::open::CheckedPair tagged(std::uint32_t measure,
                                    std::optional<std::uint32_t> other) const;
};

}  // namespace cryptonet::bench
