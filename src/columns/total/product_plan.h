// SPDX-License-Identifier: Apache-2.0
// Which products of columns are computed together. The pairs of a question are covered by tiles:
// a few columns against a few others, read side by side, so that columns which a GROUP BY, a
// covariance matrix, or a total and its check share are read from memory once. Pure; any thread.
#pragma once

#include <span>
#include <vector>

#include "columns/format/totals.h"

namespace cryptonet::columns::total {

class ProductPlan {
 public:
  /// Stands in Tile::positions where nobody asked for a product.
  static constexpr std::size_t kUnwanted = ~std::size_t{0};

  /// At most kTileRowsMax rows and kTileColumnsMax[rows] columns, both as indexes into columns().
  struct Tile {
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> columns;
    std::vector<std::size_t> positions;  ///< row by row: where the product stands among the pairs
  };
  /// The sum of one column.
  struct Sum {
    std::uint32_t column;
    std::size_t position;
  };

  explicit ProductPlan(std::span<const format::ColumnPair> pairs);

  /// The columns that are read, ascending, each once.
  const std::vector<std::uint32_t>& columns() const { return columns_; }
  const std::vector<Tile>& tiles() const { return tiles_; }
  const std::vector<Sum>& sums() const { return sums_; }
  /// The number of pairs.
  std::size_t size() const { return size_; }

 private:
  std::vector<std::uint32_t> columns_;
  std::vector<Tile> tiles_;
  std::vector<Sum> sums_;
  std::size_t size_;
};

}  // namespace cryptonet::columns::total
