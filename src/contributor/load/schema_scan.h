// SPDX-License-Identifier: Apache-2.0
// `cryptonet schema`: looks at every row of a table, streaming, and proposes a schema: types,
// ranges (rounded outwards to two digits, so that no extreme cell is given away), decimals,
// nullability, dictionaries, parts of dates; with the storage that it would cost. Memory is bounded
// by the number of columns.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "contributor/load/table_source.h"
#include "table/schema.h"

namespace cryptonet::contributor::load {

struct ProposedSchema {
  table::Schema schema;
  std::string toml;                   ///< commented; parses to `schema`
  std::vector<std::string> warnings;  ///< one line each, for stderr
  std::uint64_t rows = 0;
  std::uint64_t stored_columns = 0;
  std::uint64_t bytes_per_row = 0;
  std::string parameters;  ///< the set that `encrypt` would take
};

/// kBadInput for a table that cannot be read or has no rows; kInterrupted after Ctrl-C. `progress`
/// (may be empty) gets 0 to 1.
base::Result<ProposedSchema> scan_schema(const TableSource& source,
                                         const std::function<void(double)>& progress);

}  // namespace cryptonet::contributor::load
