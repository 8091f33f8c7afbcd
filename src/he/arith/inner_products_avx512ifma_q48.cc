// SPDX-License-Identifier: Apache-2.0
// AVX-512 with IFMA and VBMI, for words below 2^48: inner products. madd52
// adds the low or the high 52 bits of a 104-bit product to a 64-bit lane. Low halves leave 12 bits
// of room, so 4096 terms a lane: exactly kKernelWordsMax words over 8 lanes. Eight six-byte words
// are one masked 48-byte load (it never touches a byte past the end) and one vpermb. This file
// includes nothing with shared inline code (see kernels.h).
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

}  // namespace

std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count) {
  __m512i sums[4] = {};
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      sums[k] = _mm512_add_epi64(sums[k], load_packed(words + 6 * (i + 8 * k)));
    }
  }
  for (; i + 8 <= count; i += 8) sums[0] = _mm512_add_epi64(sums[0], load_packed(words + 6 * i));
  if (i < count) sums[1] = _mm512_add_epi64(sums[1], load_packed_some(words + 6 * i, count - i));
  const __m512i sum =
      _mm512_add_epi64(_mm512_add_epi64(sums[0], sums[1]), _mm512_add_epi64(sums[2], sums[3]));
  return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(sum));
}

WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count) {
  __m512i low[4] = {};   // terms below 2^52
  __m512i high[4] = {};  // and below 2^44
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      const __m512i x = load_packed(a + 6 * (i + 8 * k));
      const __m512i y = load_packed(b + 6 * (i + 8 * k));
      low[k] = _mm512_madd52lo_epu64(low[k], x, y);
      high[k] = _mm512_madd52hi_epu64(high[k], x, y);
    }
  }
  for (; i < count; i += 8) {
    const std::size_t rest = count - i;
    const __m512i x = rest >= 8 ? load_packed(a + 6 * i) : load_packed_some(a + 6 * i, rest);
    const __m512i y = rest >= 8 ? load_packed(b + 6 * i) : load_packed_some(b + 6 * i, rest);
    low[0] = _mm512_madd52lo_epu64(low[0], x, y);
    high[0] = _mm512_madd52hi_epu64(high[0], x, y);
  }
  // all four together: at most 4096 terms a lane, below 2^64
  return total_of(
      _mm512_add_epi64(_mm512_add_epi64(low[0], low[1]), _mm512_add_epi64(low[2], low[3])),
      _mm512_add_epi64(_mm512_add_epi64(high[0], high[1]), _mm512_add_epi64(high[2], high[3])));
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm512_storeu_si512(words + i, load_packed(packed + 6 * i));
  if (i < count) {
    const auto some = static_cast<__mmask8>((1U << (count - i)) - 1);
    _mm512_mask_storeu_epi64(words + i, some, load_packed_some(packed + 6 * i, count - i));
  }
}

void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out) {
  // 24 accumulators, 3 rows and 1 column in registers; each lane takes count / 8 <= 4096 terms
  __m512i low[kTileRows][kTileColumns] = {};
  __m512i high[kTileRows][kTileColumns] = {};
  for (std::size_t k = 0; k < count; k += 8) {
    __m512i x[kTileRows];
#pragma GCC unroll 3
    for (std::size_t i = 0; i < kTileRows; ++i) x[i] = _mm512_loadu_si512(rows[i] + k);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      const __m512i y = _mm512_loadu_si512(columns[j] + k);
#pragma GCC unroll 3
      for (std::size_t i = 0; i < kTileRows; ++i) {
        low[i][j] = _mm512_madd52lo_epu64(low[i][j], x[i], y);
        high[i][j] = _mm512_madd52hi_epu64(high[i][j], x[i], y);
      }
    }
  }
#pragma GCC unroll 3
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      out[i * kTileColumns + j] = total_of(low[i][j], high[i][j]);
    }
  }
}

}  // namespace cryptonet::he::arith::avx512ifma
