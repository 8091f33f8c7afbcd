// SPDX-License-Identifier: Apache-2.0
// Reads a table through a schema: every cell is checked against type, range, decimals and
// dictionary and becomes an integer. The first bad cell ends the reading with kBadInput, naming
// file, line, column, limit and mend, never the cell.
#pragma once

#include <array>
#include <memory>

#include "contributor/load/clear_batch.h"
#include "contributor/load/table_source.h"
#include "table/schema.h"

namespace cryptonet::contributor::load {

class CellReader;

/// One reading from the first row to the last. Not thread-safe; source and schema must outlive it.
class ClearReader {
 public:
  /// `person_key` keys the hashes of persons, so that equal persons meet and nothing else shows.
  static base::Result<ClearReader> open(const TableSource& source, const table::Schema& schema,
                                        const std::array<std::uint8_t, 16>& person_key);
  ClearReader(ClearReader&&) noexcept;
  ~ClearReader();
  /// The next rows; rows == 0 at the end. kInterrupted after Ctrl-C.
  base::Result<ClearBatch> next();
  double progress() const;

 private:
  struct State;
  explicit ClearReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cryptonet::contributor::load
