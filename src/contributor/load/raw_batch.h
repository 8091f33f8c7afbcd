// SPDX-License-Identifier: Apache-2.0
// Some consecutive rows of a source table as the file has them: before the schema gives them a
// meaning. Columns borrow the reader's memory and keep it alive; nothing of Arrow shows here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cryptonet::contributor::load {

enum class RawKind : std::uint8_t {
  kText,
  kInteger,
  kReal,
  kBoolean,  ///< 0 or 1
  kInstant,  ///< ticks since 1970-01-01 UTC
  kUnsupported
};

struct SourceColumn {
  std::string name;
  RawKind kind = RawKind::kText;
  std::string type;  ///< the file's own name of the type, for errors and comments
};

struct RawColumn {
  RawKind kind = RawKind::kUnsupported;
  std::int64_t ticks_per_day = 0;          ///< kInstant: 1 for dates
  bool single_precision = false;           ///< kReal: came from 32-bit floats
  std::shared_ptr<const void> owner;       ///< keeps the memory below alive
  const std::uint8_t* validity = nullptr;  ///< bit set = present, lowest first; none = all present
  std::int64_t validity_offset = 0;
  const std::int32_t* text_offsets = nullptr;  ///< rows + 1 of them
  const char* text = nullptr;
  const std::int64_t* integers = nullptr;  ///< kInteger, kBoolean, kInstant
  const double* reals = nullptr;

  bool is_null(std::size_t row) const {
    if (validity == nullptr) return false;
    const auto bit = static_cast<std::size_t>(validity_offset) + row;
    return ((validity[bit / 8] >> (bit % 8)) & 1U) == 0;
  }
  std::string_view text_at(std::size_t row) const {
    return {text + text_offsets[row],
            static_cast<std::size_t>(text_offsets[row + 1] - text_offsets[row])};
  }
};

struct RawBatch {
  std::uint64_t first_row = 0;  ///< from 0, over the whole source
  std::size_t rows = 0;
  std::vector<RawColumn> columns;  ///< in the order that was asked for
};

/// Shortest decimal text that reads back as the same number; empty for NaN and infinities.
std::string shortest_text(double value, bool single_precision);

}  // namespace cryptonet::contributor::load
