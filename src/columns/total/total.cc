// SPDX-License-Identifier: Apache-2.0
// Words are below 2^48, so products are below 2^96 and 2^32 of them fit 128 bits: one unit of the
// largest set never wraps, and there is one reduction per prime at the end.
#include "columns/total/total.h"

#include <algorithm>
#include <array>
#include <vector>

#include "he/arith/dispatch.h"
#include "he/arith/modulus.h"

namespace cryptonet::columns::total {
namespace {

using he::arith::Modulus;
using he::arith::Uint128;

/// Words of the value column that stay in the first-level cache while the others stream past: 12
/// KiB.
constexpr std::size_t kBlockWords = 2048;
/// Words of every column that a matrix of products unpacks at a time: 8 KiB, so 20 columns stay in
/// the second-level cache.
constexpr std::size_t kMatrixBlockWords = 1024;
constexpr std::uint64_t kWordsMax = std::uint64_t{1} << 32;

/// Where the product of columns i <= j stands in the upper triangle.
std::size_t triangle_index(std::size_t n, std::size_t i, std::size_t j) {
  return i * n - i * (i + 1) / 2 + j;
}

void check_chunks(const format::ParameterSet& set, std::span<const base::ByteView> chunks) {
  CHECK(set.ring_degree() <= he::arith::kKernelWordsMax);
  CHECK(chunks.size() <= kWordsMax / set.ring_degree());
  for (const base::ByteView chunk : chunks) CHECK(chunk.size() == set.packed_bytes());
}

Uint128 widen(const he::arith::WideSum& sum) { return Uint128{sum.high} << 64 | sum.low; }

/// Adds the products of one block of n columns, the upper triangle in tiles.
void add_products(const std::vector<std::uint64_t>& words, std::size_t block, std::size_t n,
                  std::vector<Uint128>& sums) {
  using he::arith::kTileColumns;
  using he::arith::kTileRows;
  std::array<const std::uint64_t*, kTileRows> rows{};
  std::array<const std::uint64_t*, kTileColumns> columns{};
  std::array<he::arith::WideSum, kTileRows * kTileColumns> tile{};
  for (std::size_t top = 0; top < n; top += kTileRows) {
    for (std::size_t i = 0; i < kTileRows; ++i) rows[i] = &words[std::min(top + i, n) * block];
    const std::size_t first = top / kTileColumns * kTileColumns;
    for (std::size_t left = first; left < n; left += kTileColumns) {
      for (std::size_t j = 0; j < kTileColumns; ++j) {
        columns[j] = &words[std::min(left + j, n) * block];
      }
      he::arith::kernels().dot_tile(rows.data(), columns.data(), block, tile.data());
      for (std::size_t i = top; i < std::min(top + kTileRows, n); ++i) {
        for (std::size_t j = std::max(i, left); j < std::min(left + kTileColumns, n); ++j) {
          sums[triangle_index(n, i, j)] += widen(tile[(i - top) * kTileColumns + (j - left)]);
        }
      }
    }
  }
}

}  // namespace

format::Residues partial_total(const format::ParameterSet& set,
                               std::span<const base::ByteView> left,
                               std::span<const base::ByteView> right) {
  check_chunks(set, left);
  check_chunks(set, right);
  CHECK(right.empty() || right.size() == left.size());
  const he::arith::Kernels& kernels = he::arith::kernels();
  const std::size_t degree = set.ring_degree();
  format::Residues total{};
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const std::size_t offset = j * degree * 6;
    Uint128 sum = 0;
    for (std::size_t k = 0; k < left.size(); ++k) {
      sum +=
          right.empty()
              ? Uint128{kernels.sum_u48(left[k].data() + offset, degree)}
              : widen(kernels.dot_u48(left[k].data() + offset, right[k].data() + offset, degree));
    }
    total[j] = Modulus(set.bgv.ciphertext_moduli()[j]).reduce(sum);
  }
  return total;
}

void partial_totals_row(const format::ParameterSet& set, std::span<const base::ByteView> value,
                        std::span<const std::span<const base::ByteView>> others,
                        std::span<format::Residues> out) {
  check_chunks(set, value);
  CHECK(out.size() == others.size());
  for (const auto& other : others) {
    check_chunks(set, other);
    CHECK(other.size() == value.size());
  }
  const he::arith::Kernels& kernels = he::arith::kernels();
  const std::size_t degree = set.ring_degree();
  const std::size_t block = std::min(degree, kBlockWords);
  std::fill(out.begin(), out.end(), format::Residues{});
  std::vector<Uint128> sums(others.size());
  for (std::size_t j = 0; j < set.primes(); ++j) {
    std::fill(sums.begin(), sums.end(), Uint128{0});
    for (std::size_t k = 0; k < value.size(); ++k) {
      for (std::size_t start = 0; start < degree; start += block) {
        const std::size_t offset = (j * degree + start) * 6;
        for (std::size_t i = 0; i < others.size(); ++i) {
          sums[i] +=
              widen(kernels.dot_u48(value[k].data() + offset, others[i][k].data() + offset, block));
        }
      }
    }
    const Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    for (std::size_t i = 0; i < others.size(); ++i) out[i][j] = modulus.reduce(sums[i]);
  }
}

void partial_totals_matrix(const format::ParameterSet& set,
                           std::span<const std::span<const base::ByteView>> columns,
                           std::span<format::Residues> out) {
  const std::size_t n = columns.size();
  CHECK(n > 0 && out.size() == n * (n + 1) / 2 && set.ring_degree() % 8 == 0);
  for (const auto& column : columns) {
    check_chunks(set, column);
    CHECK(column.size() == columns.front().size());
  }
  const std::size_t block = std::min(set.ring_degree(), kMatrixBlockWords);
  // n columns and one of zeros, which fills the last tiles
  std::vector<std::uint64_t> words((n + 1) * block);
  std::vector<Uint128> sums(out.size());
  for (std::size_t j = 0; j < set.primes(); ++j) {
    std::fill(sums.begin(), sums.end(), Uint128{0});
    for (std::size_t k = 0; k < columns.front().size(); ++k) {
      for (std::size_t start = 0; start < set.ring_degree(); start += block) {
        const std::size_t offset = (j * set.ring_degree() + start) * 6;
        for (std::size_t c = 0; c < n; ++c) {
          he::arith::kernels().unpack_u48(columns[c][k].data() + offset, &words[c * block], block);
        }
        add_products(words, block, n, sums);
      }
    }
    const Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    for (std::size_t i = 0; i < out.size(); ++i) out[i][j] = modulus.reduce(sums[i]);
  }
}

format::Residues merge(const format::ParameterSet& set, const format::Residues& a,
                       const format::Residues& b) {
  format::Residues sum{};
  for (std::size_t j = 0; j < set.primes(); ++j) {
    sum[j] = Modulus(set.bgv.ciphertext_moduli()[j]).reduce(Uint128{a[j]} + b[j]);
  }
  return sum;
}

}  // namespace cryptonet::columns::total
