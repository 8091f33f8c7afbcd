// SPDX-License-Identifier: Apache-2.0
// How the cells of one source column become the integers of one schema column. One object per
// schema column; not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "contributor/load/clear_batch.h"
#include "contributor/load/raw_batch.h"
#include "table/schema.h"

namespace cryptonet::contributor::load {

/// A cell that the schema does not allow: the row within the batch and what is wrong with it.
struct BadCell {
  std::size_t row = 0;
  std::string rule;
  std::string message;
  std::string hint;
};

class CellReader {
 public:
  virtual ~CellReader() = default;
  /// Fills `out` with raw.rows cells, or says which cell is bad.
  virtual std::optional<BadCell> read(const RawColumn& raw, std::size_t rows, ClearColumn& out) = 0;
};

std::unique_ptr<CellReader> make_measure_reader(const table::ColumnSchema& column);
std::unique_ptr<CellReader> make_dimension_reader(const table::ColumnSchema& column);
std::unique_ptr<CellReader> make_part_reader(const table::ColumnSchema& column);
std::unique_ptr<CellReader> make_bins_reader(const table::ColumnSchema& column);

/// `text` without blanks at its ends.
std::string_view trimmed(std::string_view text);
/// The number in a cell that is not NULL, at this scale, whatever the kind of its column.
table::ParsedDecimal number_at(const RawColumn& raw, std::size_t row, unsigned decimals,
                               bool round_down = false);

}  // namespace cryptonet::contributor::load
