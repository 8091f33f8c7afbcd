// SPDX-License-Identifier: Apache-2.0
// Products of small polynomials of Z[X]/(X^N + 1), modulo r = 12289: exact where no coefficient of
// the product passes 6144. A coefficient of the product of two uniform ternary polynomials, or of
// the square of one, passes it with probability below 2^-1659 (docs/maths/masked_columns.md).
// Immutable after creation, so free to share between threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "he/arith/kernels.h"

namespace cryptonet::he::ntt {

class SmallTable {
 public:
  /// Precondition (checked): a power of two from kSmallDegreeMin to kSmallDegreeMax.
  explicit SmallTable(std::size_t degree);

  /// Transforms -1, 0 and 1. All of the table's degree; `work` is left with secrets in it.
  void forward(std::span<const std::int8_t> ternary, std::span<std::int16_t> work,
               std::span<std::int16_t> out) const;
  /// The product of two transformed polynomials: coefficient i is low[i] + 128 * high[i]. `work`
  /// has twice the degree and is left with secrets in it.
  void multiply(std::span<const std::int16_t> left, std::span<const std::int16_t> right,
                std::span<std::int16_t> work, std::span<std::int8_t> low,
                std::span<std::int8_t> high) const;

  /// For kernels: borrows this table.
  arith::SmallPlan plan() const;

 private:
  struct Factors {
    explicit Factors(std::size_t count) : values(count), quotients(count) {}
    void set(std::size_t place, std::uint64_t residue);
    std::vector<std::int16_t> values;
    std::vector<std::int16_t> quotients;
  };
  std::size_t degree_;
  Factors roots_;
  Factors inverse_roots_;
  Factors block_roots_;
  Factors scale_;
};

/// The table of a degree, made once and for good.
const SmallTable& small_table_of(std::size_t degree);

}  // namespace cryptonet::he::ntt
