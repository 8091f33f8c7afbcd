// SPDX-License-Identifier: Apache-2.0
// AVX-512 with IFMA and VBMI, for words below 2^48: inner products, phase lift, masking. madd52
// adds the low or the high 52 bits of a 104-bit product to a 64-bit lane. Low halves leave 12 bits
// of room, so 4096 terms a lane: exactly kKernelWordsMax words over 8 lanes. Eight six-byte words
// are one masked 48-byte load (it never touches a byte past the end) and one vpermb. This file
// includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/lazy_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr __mmask64 kWordBytes = 0xFFFFFFFFFFFF;  // 48 of 64 bytes

/// Spreads 48 bytes into eight 64-bit lanes.
inline __m512i spread(__m512i bytes) {
  const __m512i index =
      _mm512_set_epi8(0, 0, 47, 46, 45, 44, 43, 42, 0, 0, 41, 40, 39, 38, 37, 36, 0, 0, 35, 34, 33,
                      32, 31, 30, 0, 0, 29, 28, 27, 26, 25, 24, 0, 0, 23, 22, 21, 20, 19, 18, 0, 0,
                      17, 16, 15, 14, 13, 12, 0, 0, 11, 10, 9, 8, 7, 6, 0, 0, 5, 4, 3, 2, 1, 0);
  return _mm512_maskz_permutexvar_epi8(0x3F3F3F3F3F3F3F3F, index, bytes);
}

/// Eight packed words.
inline __m512i load_packed(const std::uint8_t* packed) {
  return spread(_mm512_maskz_loadu_epi8(kWordBytes, packed));
}

/// The first `count` < 8 packed words, the others 0.
inline __m512i load_packed_some(const std::uint8_t* packed, std::size_t count) {
  return spread(_mm512_maskz_loadu_epi8((std::uint64_t{1} << (6 * count)) - 1, packed));
}

/// Writes eight lanes below 2^48 as 48 bytes.
inline void store_packed(std::uint8_t* packed, __m512i words) {
  const __m512i index = _mm512_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 61, 60, 59,
                                        58, 57, 56, 53, 52, 51, 50, 49, 48, 45, 44, 43, 42, 41, 40,
                                        37, 36, 35, 34, 33, 32, 29, 28, 27, 26, 25, 24, 21, 20, 19,
                                        18, 17, 16, 13, 12, 11, 10, 9, 8, 5, 4, 3, 2, 1, 0);
  _mm512_mask_storeu_epi8(packed, kWordBytes, _mm512_permutexvar_epi8(index, words));
}

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

void lift_phase(const PhaseLift& job) {
  const __m512i t = set1(job.plaintext_modulus);
  const __m512i half = set1(job.plaintext_modulus / 2);
  const __m512i q = set1(job.modulus);
  const __m512i offset = set1(job.offset);
  const __m512d inverse = _mm512_set1_pd(1.0 / static_cast<double>(job.modulus));
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i message = _mm512_loadu_si512(job.message + i);
    const __m512i noise =
        _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(job.noise + i)));
    const __m512i centred =
        _mm512_mask_sub_epi64(message, _mm512_cmpgt_epu64_mask(message, half), message, t);
    const __m512i x = _mm512_add_epi64(_mm512_add_epi64(centred, offset),
                                       _mm512_mullo_epi64(t, noise));  // [0, 2^57)
    // The quotient in double precision is off by less than 1, so the rest is in (-q, 2q).
    const __m512i estimate = _mm512_cvttpd_epu64(_mm512_mul_pd(_mm512_cvtepu64_pd(x), inverse));
    const __m512i rest = _mm512_sub_epi64(x, _mm512_mullo_epi64(estimate, q));
    const __m512i lifted = _mm512_min_epu64(rest, _mm512_add_epi64(rest, q));  // [0, 2q)
    _mm512_storeu_si512(job.out + i, subtract_once(lifted, q));
  }
  if (i < job.count) {
    PhaseLift rest = job;
    rest.count = job.count - i;
    rest.message += i;
    rest.noise += i;
    rest.out += i;
    portable::lift_phase(rest);
  }
}

void mask_column(const MaskColumn& job) {
  const __m512i q = set1(job.modulus);
  const __m512i two_q = set1(2 * job.modulus);
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i a = _mm512_loadu_si512(job.mask + i);
    const __m512i quotient = _mm512_srli_epi64(_mm512_loadu_si512(job.mask_quotients + i), 12);
    const __m512i s = _mm512_loadu_si512(job.secret + i);
    const __m512i psi = _mm512_loadu_si512(job.phase + i);
    const __m512i product = lazy_multiply(a, quotient, s, q);                        // [0, 2q)
    const __m512i lazy_b = _mm512_sub_epi64(_mm512_add_epi64(psi, two_q), product);  // (0, 3q)
    const __m512i b = subtract_once(subtract_once(lazy_b, two_q), q);                // [0, q)
    const __m512i added = subtract_once(lazy_multiply(a, quotient, b, q), q);        // [0, q)
    const __m512i hint = _mm512_add_epi64(_mm512_loadu_si512(job.hint + i), added);
    _mm512_storeu_si512(job.hint + i, subtract_once(hint, q));
    store_packed(job.packed + 6 * i, b);
  }
  if (i < job.count) {
    MaskColumn rest = job;
    rest.count = job.count - i;
    rest.phase += i;
    rest.mask += i;
    rest.mask_quotients += i;
    rest.secret += i;
    rest.hint += i;
    rest.packed += 6 * i;
    portable::mask_column(rest);
  }
}

}  // namespace cryptonet::he::arith::avx512ifma
