// SPDX-License-Identifier: Apache-2.0
// AVX2, for words below 2^48: inner products. There is no 64-bit multiplication, so a word is split
// into two halves of 24 bits, and with three products (Karatsuba) x*y = low + middle * 2^24 +
// high * 2^48, where low = x0*y0, high = x1*y1 and middle = (x0+x1)*(y0+y1) - low - high. Each of
// the three is summed in 64-bit lanes: a term is below 2^50, and kKernelWordsMax words over 4 lanes
// are 8192 terms, below 2^63. This file includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith::avx2 {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// Four packed words: two loads that touch no byte past them.
inline __m256i load_packed(const std::uint8_t* packed) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed));
  const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + 8));
  const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(first), last, 1);
  const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1,  //
                                         4, 5, 6, 7, 8, 9, -1, -1, 10, 11, 12, 13, 14, 15, -1, -1);
  return _mm256_shuffle_epi8(both, order);
}

/// Four words in halves.
struct Halves {
  __m256i low;   // below 2^24
  __m256i high;  // below 2^24
  __m256i sum;   // below 2^25
};

/// One load instead of two and an insertion, but of four bytes more on either side: not for the
/// first and last words of a column.
inline Halves load_inner_halves(const std::uint8_t* packed) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(packed - 4));
  const __m256i low_order =
      _mm256_setr_epi8(4, 5, 6, -1, -1, -1, -1, -1, 10, 11, 12, -1, -1, -1, -1, -1,  //
                       0, 1, 2, -1, -1, -1, -1, -1, 6, 7, 8, -1, -1, -1, -1, -1);
  const __m256i high_order =
      _mm256_setr_epi8(7, 8, 9, -1, -1, -1, -1, -1, 13, 14, 15, -1, -1, -1, -1, -1,  //
                       3, 4, 5, -1, -1, -1, -1, -1, 9, 10, 11, -1, -1, -1, -1, -1);
  const __m256i low = _mm256_shuffle_epi8(bytes, low_order);
  const __m256i high = _mm256_shuffle_epi8(bytes, high_order);
  return {low, high, _mm256_add_epi64(low, high)};
}

inline Wide sum_of_lanes(__m256i lanes) {
  alignas(32) std::uint64_t words[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(words), lanes);
  return Wide{words[0]} + words[1] + words[2] + words[3];
}

/// Sums of the three products.
struct Parts {
  __m256i low = _mm256_setzero_si256();
  __m256i both = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();

  void add_product(const Halves& x, const Halves& y) {
    low = _mm256_add_epi64(low, _mm256_mul_epu32(x.low, y.low));
    both = _mm256_add_epi64(both, _mm256_mul_epu32(x.sum, y.sum));
    high = _mm256_add_epi64(high, _mm256_mul_epu32(x.high, y.high));
  }
  Wide total() const {
    const Wide low_sum = sum_of_lanes(low);
    const Wide high_sum = sum_of_lanes(high);
    return low_sum + ((sum_of_lanes(both) - low_sum - high_sum) << 24) + (high_sum << 48);
  }
};

inline WideSum split(Wide sum) {
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

/// The product of words from to end, which may be the first or the last of their column.
inline Wide edge(const std::uint8_t* row, const std::uint8_t* column, std::size_t from,
                 std::size_t end) {
  row += 6 * from;
  column += 6 * from;
  WideSum sum;
  portable::dot_tile({&row, 1, &column, 1, end - from, &sum});
  return (Wide{sum.high} << 64) | sum.low;
}

/// Words of every column that stay in the first-level cache while a tile takes its products two by
/// two: the sixteen registers hold no more.
constexpr std::size_t kBlockWords = 256;

/// Where R x C products of a tile stand.
struct Corner {
  const std::uint8_t* const* rows;
  const std::uint8_t* const* columns;
  Parts* sums;
  std::size_t stride;  // from one row of sums to the next
};

/// Adds the products of words from to end, a multiple of four.
template <std::size_t R, std::size_t C>
void add_products(const Corner& corner, std::size_t from, std::size_t end) {
  Parts parts[R][C];
#pragma GCC unroll 2
  for (std::size_t i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (std::size_t j = 0; j < C; ++j) parts[i][j] = corner.sums[i * corner.stride + j];
  }
  for (std::size_t k = from; k < end; k += 4) {
    Halves x[R];
#pragma GCC unroll 2
    for (std::size_t i = 0; i < R; ++i) x[i] = load_inner_halves(corner.rows[i] + 6 * k);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < C; ++j) {
      const Halves y = load_inner_halves(corner.columns[j] + 6 * k);
#pragma GCC unroll 2
      for (std::size_t i = 0; i < R; ++i) parts[i][j].add_product(x[i], y);
    }
  }
#pragma GCC unroll 2
  for (std::size_t i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (std::size_t j = 0; j < C; ++j) corner.sums[i * corner.stride + j] = parts[i][j];
  }
}

void add_block(const PackedTile& tile, Parts* sums, std::size_t from, std::size_t end) {
  for (std::size_t i = 0; i < tile.row_count; i += 2) {
    for (std::size_t j = 0; j < tile.column_count; j += 2) {
      const Corner corner = {tile.rows + i, tile.columns + j, sums + i * tile.column_count + j,
                             tile.column_count};
      const bool two_rows = i + 1 < tile.row_count;
      const bool two_columns = j + 1 < tile.column_count;
      if (two_rows && two_columns) {
        add_products<2, 2>(corner, from, end);
      } else if (two_rows) {
        add_products<2, 1>(corner, from, end);
      } else if (two_columns) {
        add_products<1, 2>(corner, from, end);
      } else {
        add_products<1, 1>(corner, from, end);
      }
    }
  }
}

}  // namespace

std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count) {
  __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    sums[0] = _mm256_add_epi64(sums[0], load_packed(words + 6 * i));
    sums[1] = _mm256_add_epi64(sums[1], load_packed(words + 6 * i + 24));
  }
  return static_cast<std::uint64_t>(sum_of_lanes(_mm256_add_epi64(sums[0], sums[1]))) +
         portable::sum_u48(words + 6 * i, count - i);
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + i), load_packed(packed + 6 * i));
  }
  portable::unpack_u48(packed + 6 * i, words + i, count - i);
}

void dot_tile(const PackedTile& tile) {
  Parts parts[kTileProductsMax];
  // the first four words and up to seven at the end are left to the portable kernel
  const std::size_t inner = tile.count < 8 ? 0 : 4;
  const std::size_t end = tile.count < 8 ? 0 : tile.count / 4 * 4 - 4;
  for (std::size_t from = inner; from < end; from += kBlockWords) {
    add_block(tile, parts, from, from + kBlockWords < end ? from + kBlockWords : end);
  }
  for (std::size_t i = 0; i < tile.row_count; ++i) {
    for (std::size_t j = 0; j < tile.column_count; ++j) {
      const std::size_t at = i * tile.column_count + j;
      const Wide edges = edge(tile.rows[i], tile.columns[j], 0, inner) +
                         edge(tile.rows[i], tile.columns[j], end, tile.count);
      tile.sums[at] = split(parts[at].total() + edges);
    }
  }
}

}  // namespace cryptonet::he::arith::avx2
