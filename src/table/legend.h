// SPDX-License-Identifier: Apache-2.0
// The legend: what the opaque ids of a manifest mean. Sealed by the contributor under the upload
// key, read by the gatekeeper only, never seen by the cloud. JSON inside (docs/formats/legend.md).
#pragma once

#include "table/schema.h"

namespace cryptonet::table {

struct LegendUnit {
  std::vector<std::uint32_t>
      partition;           ///< group code per partition column; empty when the table has one unit
  std::uint64_t rows = 0;  ///< of the table, whatever their weight
};

/// Persons in one cell of the declared lattice.
struct LatticeCell {
  std::vector<std::uint32_t> groups;
  std::uint64_t persons = 0;
};

struct Legend {
  std::string dataset;
  Schema schema;
  std::vector<LegendUnit> units;     ///< in the order of the manifest
  std::vector<LatticeCell> lattice;  ///< non-empty cells in code order
  std::uint64_t rows = 0;
  /// Bins columns whose source has values with more decimals than the edges, ascending: there
  /// x <= 4 is not x < 5.
  std::vector<std::string> finer_bins;
};

std::string write_legend(const Legend& legend);
/// kIntegrity when the text is not a legend; the schema is validated again.
base::Result<Legend> parse_legend(std::string_view text);

}  // namespace cryptonet::table
