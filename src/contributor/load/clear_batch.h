// SPDX-License-Identifier: Apache-2.0
// Some consecutive rows of a table as the schema means them: scaled integers and group codes.
#pragma once

#include <cstdint>
#include <vector>

namespace cryptonet::contributor::load {

struct ClearColumn {
  /// Measure: the scaled value, 0 for NULL. Dimension or bins: the group's code. Ignored: empty.
  std::vector<std::int64_t> values;
  std::vector<std::uint8_t> present;  ///< nullable measure: 1 or 0; else empty
  bool finer = false;  ///< bins: a value had more decimals than the edges, and was cut
};

struct ClearBatch {
  std::uint64_t first_row = 0;  ///< from 0, over the whole source
  std::size_t rows = 0;
  std::vector<ClearColumn> columns;   ///< one per column of the schema
  std::vector<std::uint8_t> weights;  ///< 0 or 1; empty without a weight column
  std::vector<std::uint64_t>
      persons;  ///< a keyed hash of the person; empty without a person column
};

}  // namespace cryptonet::contributor::load
