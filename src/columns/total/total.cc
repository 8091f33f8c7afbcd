// SPDX-License-Identifier: Apache-2.0
// Words are below 2^48, so products are below 2^96 and 2^32 of them fit 128 bits: one unit of the
// largest set never wraps, and there is one reduction per prime at the end.
#include "columns/total/total.h"

#include <array>
#include <vector>

#include "he/arith/dispatch.h"
#include "he/arith/modulus.h"

namespace cryptonet::columns::total {
namespace {

using he::arith::Modulus;
using he::arith::Uint128;

constexpr std::uint64_t kWordsMax = std::uint64_t{1} << 32;

void check_chunks(const format::ParameterSet& set, std::span<const base::ByteView> chunks) {
  CHECK(set.ring_degree() <= he::arith::kKernelWordsMax);
  CHECK(chunks.size() <= kWordsMax / set.ring_degree());
  for (const base::ByteView chunk : chunks) CHECK(chunk.size() == set.packed_bytes());
}

Uint128 widen(const he::arith::WideSum& sum) { return Uint128{sum.high} << 64 | sum.low; }

/// The words of one prime in one chunk of each column.
using Words = std::vector<const std::uint8_t*>;

void add_tile(const ProductPlan::Tile& tile, const Words& words, std::size_t degree,
              std::span<Uint128> sums) {
  std::array<const std::uint8_t*, he::arith::kTileRowsMax> rows{};
  std::array<const std::uint8_t*, he::arith::kTileProductsMax> columns{};
  std::array<he::arith::WideSum, he::arith::kTileProductsMax> products{};
  for (std::size_t i = 0; i < tile.rows.size(); ++i) rows[i] = words[tile.rows[i]];
  for (std::size_t j = 0; j < tile.columns.size(); ++j) columns[j] = words[tile.columns[j]];
  he::arith::kernels().dot_tile({rows.data(), tile.rows.size(), columns.data(), tile.columns.size(),
                                 degree, products.data()});
  for (std::size_t i = 0; i < tile.positions.size(); ++i) {
    if (tile.positions[i] != ProductPlan::kUnwanted) sums[tile.positions[i]] += widen(products[i]);
  }
}

}  // namespace

format::Residues partial_total(const format::ParameterSet& set,
                               std::span<const base::ByteView> left,
                               std::span<const base::ByteView> right) {
  CHECK(right.empty() || right.size() == left.size());
  if (left.empty()) return {};
  format::Residues total{};
  if (right.empty()) {
    partial_totals(set, ProductPlan(std::array{format::make_pair(0)}), std::array{left},
                   {&total, 1});
  } else {
    partial_totals(set, ProductPlan(std::array{format::make_pair(0, 1)}), std::array{left, right},
                   {&total, 1});
  }
  return total;
}

void partial_totals(const format::ParameterSet& set, const ProductPlan& plan,
                    std::span<const std::span<const base::ByteView>> columns,
                    std::span<format::Residues> out) {
  CHECK(columns.size() == plan.columns().size() && out.size() == plan.size());
  for (const auto& column : columns) {
    check_chunks(set, column);
    CHECK(column.size() == columns.front().size());
  }
  const std::size_t degree = set.ring_degree();
  const std::size_t chunks = columns.empty() ? 0 : columns.front().size();
  Words words(columns.size());
  std::vector<Uint128> sums(set.primes() * plan.size());  // prime by prime
  for (std::size_t k = 0; k < chunks; ++k) {
    for (std::size_t j = 0; j < set.primes(); ++j) {
      const std::span<Uint128> own = std::span(sums).subspan(j * plan.size(), plan.size());
      for (std::size_t c = 0; c < columns.size(); ++c) {
        words[c] = columns[c][k].data() + j * degree * 6;
      }
      for (const ProductPlan::Sum& sum : plan.sums()) {
        own[sum.position] += he::arith::kernels().sum_u48(words[sum.column], degree);
      }
      for (const ProductPlan::Tile& tile : plan.tiles()) add_tile(tile, words, degree, own);
    }
  }
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i][j] = modulus.reduce(sums[j * plan.size() + i]);
    }
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
