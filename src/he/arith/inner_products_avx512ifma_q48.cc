// SPDX-License-Identifier: Apache-2.0
// AVX-512 with IFMA and VBMI, for words below 2^48: inner products. madd52 adds the low or the high
// 52 bits of a 104-bit product to a 64-bit lane. Low halves leave 12 bits of room, so 4096 terms a
// lane: exactly kKernelWordsMax words over 8 lanes. This file includes nothing with shared inline
// code (see kernels.h).
//
// Zen 4, 3.7 GHz, from memory: a tile reads its columns packed, as seven or so streams at once.
// Ten groups with checks take 12 ns a row in tiles of 2 x 5, and 23 to 26 walked one indicator
// after the other in L1 blocks, because one stream alone reads 15 GB/s and seven read 20. The
// matrix of 20 takes 120 ns a row; unpacking into L1 blocks first took 190 to 220, as short blocks
// of columns that all start at the same offset of a page evict each other.
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/packed_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// low + high * 2^52 over all lanes, exactly.
inline WideSum total_of(__m512i low, __m512i high) {
  alignas(64) std::uint64_t lows[8];
  alignas(64) std::uint64_t highs[8];
  _mm512_store_si512(lows, low);
  _mm512_store_si512(highs, high);
  Wide sum_low = 0;
  Wide sum_high = 0;
  for (int i = 0; i < 8; ++i) {
    sum_low += lows[i];
    sum_high += highs[i];
  }
  const Wide sum = sum_low + (sum_high << 52);
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

/// Accumulators of R x C products, each of `Ways` independent parts.
template <std::size_t R, std::size_t C, std::size_t Ways>
struct Lanes {
  __m512i low[Ways][R][C] = {};   // terms below 2^52
  __m512i high[Ways][R][C] = {};  // and below 2^44

  template <typename Load>
  void add(std::size_t way, const PackedTile& tile, Load load) {
    __m512i x[R];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < R; ++i) x[i] = load(tile.rows[i]);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < C; ++j) {
      const __m512i y = load(tile.columns[j]);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < R; ++i) {
        low[way][i][j] = _mm512_madd52lo_epu64(low[way][i][j], x[i], y);
        high[way][i][j] = _mm512_madd52hi_epu64(high[way][i][j], x[i], y);
      }
    }
  }
};

/// Walks `Ways` equal stretches of the words side by side, so that tiles of few columns also read
/// several streams; then what is left.
template <std::size_t R, std::size_t C, std::size_t Ways>
void dot(const PackedTile& tile) {
  Lanes<R, C, Ways> lanes;
  const std::size_t stretch = tile.count / (8 * Ways) * 8;
  for (std::size_t k = 0; k < stretch; k += 8) {
#pragma GCC unroll 8
    for (std::size_t way = 0; way < Ways; ++way) {
      const std::size_t at = 6 * (k + way * stretch);
      lanes.add(way, tile, [at](const std::uint8_t* words) { return load_packed(words + at); });
    }
  }
  std::size_t k = Ways * stretch;
  for (; k + 8 <= tile.count; k += 8) {
    lanes.add(0, tile, [k](const std::uint8_t* words) { return load_packed(words + 6 * k); });
  }
  if (k < tile.count) {
    const std::size_t rest = tile.count - k;
    lanes.add(0, tile, [k, rest](const std::uint8_t* words) {
      return load_packed_some(words + 6 * k, rest);
    });
  }
  // unrolled, or the accumulators would live in memory: 2.2 times slower
#pragma GCC unroll 8
  for (std::size_t i = 0; i < R; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < C; ++j) {
      __m512i low = lanes.low[0][i][j];
      __m512i high = lanes.high[0][i][j];
#pragma GCC unroll 8
      for (std::size_t way = 1; way < Ways; ++way) {  // all together: at most 4096 terms a lane
        low = _mm512_add_epi64(low, lanes.low[way][i][j]);
        high = _mm512_add_epi64(high, lanes.high[way][i][j]);
      }
      tile.sums[i * C + j] = total_of(low, high);
    }
  }
}

using DotKernel = void (*)(const PackedTile&);
constexpr DotKernel kOneRow[] = {dot<1, 1, 4>, dot<1, 2, 3>, dot<1, 3, 2>, dot<1, 4, 1>,
                                 dot<1, 5, 1>, dot<1, 6, 1>, dot<1, 7, 1>, dot<1, 8, 1>};
constexpr DotKernel kTwoRows[] = {dot<2, 1, 3>, dot<2, 2, 2>, dot<2, 3, 1>,
                                  dot<2, 4, 1>, dot<2, 5, 1>, dot<2, 6, 1>};
constexpr DotKernel kThreeRows[] = {dot<3, 1, 2>, dot<3, 2, 1>, dot<3, 3, 1>, dot<3, 4, 1>};
constexpr const DotKernel* kDotKernels[] = {kOneRow, kTwoRows, kThreeRows};

}  // namespace

std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count) {
  constexpr std::size_t kWays = 6;  // streams: 2.2 ns per row and column pair, one stream 2.4
  __m512i sums[kWays] = {};
  const std::size_t stretch = count / (8 * kWays) * 8;
  for (std::size_t i = 0; i < stretch; i += 8) {
#pragma GCC unroll 8
    for (std::size_t way = 0; way < kWays; ++way) {
      sums[way] = _mm512_add_epi64(sums[way], load_packed(words + 6 * (i + way * stretch)));
    }
  }
  std::size_t i = kWays * stretch;
  for (; i + 8 <= count; i += 8) sums[0] = _mm512_add_epi64(sums[0], load_packed(words + 6 * i));
  if (i < count) sums[1] = _mm512_add_epi64(sums[1], load_packed_some(words + 6 * i, count - i));
  for (std::size_t way = 1; way < kWays; ++way) sums[0] = _mm512_add_epi64(sums[0], sums[way]);
  return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(sums[0]));
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm512_storeu_si512(words + i, load_packed(packed + 6 * i));
  if (i < count) {
    const auto some = static_cast<__mmask8>((1U << (count - i)) - 1);
    _mm512_mask_storeu_epi64(words + i, some, load_packed_some(packed + 6 * i, count - i));
  }
}

void dot_tile(const PackedTile& tile) {
  kDotKernels[tile.row_count - 1][tile.column_count - 1](tile);
}

}  // namespace cryptonet::he::arith::avx512ifma
