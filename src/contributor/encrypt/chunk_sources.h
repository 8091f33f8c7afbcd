// SPDX-License-Identifier: Apache-2.0
// From the clear rows of one chunk to the sources of the stored columns: ones, weights, presences,
// digits of powers, and the group codes that indicators compare with. Rows wait in a RowBuffer, in
// the order of the table, until a chunk is full.
#pragma once

#include <span>
#include <vector>

#include "columns/encrypt/encryptor.h"
#include "contributor/load/clear_batch.h"
#include "table/stored_columns.h"

namespace cryptonet::contributor::encrypt {

/// Up to one chunk of rows of one unit, column by column.
class RowBuffer {
 public:
  RowBuffer(const table::Schema& schema, std::size_t capacity);
  bool full() const { return rows_ == capacity_; }
  std::size_t rows() const { return rows_; }
  void append(const load::ClearBatch& batch, std::size_t row);
  void clear() { rows_ = 0; }
  std::span<const std::int64_t> values(std::uint32_t field) const {
    return std::span(values_[field]).first(rows_);
  }
  std::span<const std::uint8_t> present(std::uint32_t field) const {
    return std::span(present_[field]).first(rows_);
  }
  std::span<const std::uint8_t> weights() const { return std::span(weights_).first(rows_); }
  /// Of one buffer.
  static std::uint64_t bytes(const table::Schema& schema, std::size_t capacity);

 private:
  std::size_t capacity_;
  std::size_t rows_ = 0;
  std::vector<std::vector<std::int64_t>> values_;   ///< per schema column; empty when ignored
  std::vector<std::vector<std::uint8_t>> present_;  ///< per nullable measure
  std::vector<std::uint8_t> weights_;
};

class ChunkSources {
 public:
  /// The layout must outlive it.
  explicit ChunkSources(const table::StoredLayout& layout);
  /// One plan per stored column, with these ids.
  std::vector<columns::encrypt::ColumnPlan> column_plans(
      const std::vector<columns::format::ColumnId>& ids) const;
  /// The sources of the buffered rows, borrowed until the next call.
  std::span<const std::span<const std::int64_t>> fill(const RowBuffer& buffer);

 private:
  struct Recipe {
    table::StoredKind kind = table::StoredKind::kRows;
    std::uint32_t field = 0;  ///< schema column, or family
    std::uint32_t power = 0;  ///< kDigit: all digits of this power
    table::DigitPlan digits;
  };
  void fill_digits(const Recipe& recipe, const RowBuffer& buffer, std::size_t first_source);
  void fill_codes(const table::IndicatorFamily& family, const RowBuffer& buffer,
                  std::vector<std::int64_t>& out) const;

  const table::StoredLayout& layout_;
  std::vector<Recipe> recipes_;
  std::vector<std::uint32_t> source_of_;  ///< per stored column
  std::vector<std::vector<std::int64_t>> sources_;
  std::vector<std::span<const std::int64_t>> views_;
};

}  // namespace cryptonet::contributor::encrypt
