// SPDX-License-Identifier: Apache-2.0
// What an opening adds up of hints and secrets on AVX-512 IFMA, for ciphertext primes below 2^48.
// This file includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx512ifma.h"
#include "he/arith/packed_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// Eight bytes as signed lanes.
inline __m512i load_small(const std::int8_t* small) {
  return _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(small)));
}

/// sum - word * sign, lane by lane, for eight bytes of signs -1, 0 or 1 in reverse.
inline __m512i subtract_signed(__m512i sum, __m512i word, const std::int8_t* signs) {
  const __m512i sign =
      _mm512_permutexvar_epi64(_mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0), load_small(signs));
  const __mmask8 negative = _mm512_movepi64_mask(sign);
  const __m512i added = _mm512_mask_add_epi64(sum, negative, sum, word);
  return _mm512_mask_sub_epi64(added, _mm512_cmpgt_epi64_mask(sign, _mm512_setzero_si512()), added,
                               word);
}

}  // namespace

void lift_small(const std::int8_t* small, std::size_t count, std::uint64_t q, std::uint64_t* out) {
  const __m512i modulus = set1(q);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512i word = load_small(small + i);
    store(out + i, _mm512_min_epu64(word, _mm512_add_epi64(word, modulus)));
  }
  portable::lift_small(small + i, count - i, q, out + i);
}

void fold_hint(const FoldHint& job) {
  const Prime p = prime_of(job.modulus);
  const Barrett barrett = barrett_of(job.modulus);
  const __m128i left = _mm_cvtsi32_si128(52 - _mm_cvtsi128_si32(barrett.shift));
  const __m512i zero = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i squares = load_packed(job.squares + 6 * i);
    const __m512i secret = load(job.secret + i);
    // A2 * s = h * 2^52 + l < q^2; its quotient by q is off by 2 at most
    const __m512i l = _mm512_madd52lo_epu64(zero, squares, secret);
    const __m512i h = _mm512_madd52hi_epu64(zero, squares, secret);
    const __m512i leading =
        _mm512_or_si512(_mm512_sll_epi64(h, left), _mm512_srl_epi64(l, barrett.shift));
    const __m512i estimate = _mm512_madd52hi_epu64(zero, leading, barrett.ratio);
    const __m512i rest = clean(_mm512_madd52lo_epu64(l, estimate, p.minus_q));  // [0, 3q)
    const __m512i sum = _mm512_add_epi64(rest, load_packed(job.hint + 6 * i));  // [0, 4q)
    store(job.out + i, subtract_once(subtract_once(sum, p.two_q), p.q));
  }
  portable::fold_hint({job.count - i, job.modulus, job.hint + 6 * i, job.squares + 6 * i,
                       job.secret + i, job.out + i});
}

WideSum dot_words(const std::uint8_t* packed, const std::uint64_t* words, std::size_t count) {
  __m512i low[4] = {};   // 1024 terms below 2^52 each
  __m512i high[4] = {};  // and below 2^44
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      const __m512i x = load_packed(packed + 6 * (i + 8 * k));
      const __m512i y = load(words + i + 8 * k);
      low[k] = _mm512_madd52lo_epu64(low[k], x, y);
      high[k] = _mm512_madd52hi_epu64(high[k], x, y);
    }
  }
  Wide sum = 0;
  for (int k = 0; k < 4; ++k) {
    alignas(64) std::uint64_t lows[8];
    alignas(64) std::uint64_t highs[8];
    _mm512_store_si512(lows, low[k]);
    _mm512_store_si512(highs, high[k]);
    for (int lane = 0; lane < 8; ++lane) sum += lows[lane] + (Wide{highs[lane]} << 52);
  }
  const WideSum rest = portable::dot_words(packed + 6 * i, words + i, count - i);
  sum += Wide{rest.high} << 64 | rest.low;
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

std::int64_t constant_term(const std::uint64_t* words, const std::int8_t* ternary,
                           std::size_t count) {
  if (count % 8 != 0) return portable::constant_term(words, ternary, count);
  // Words i to i + 7 meet the coefficients of X^(count - i) down to X^(count - i - 7).
  std::size_t i = 8;
  __m512i sums[4] = {};
  for (; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t at = i + 8 * k;
      sums[k] = subtract_signed(sums[k], load(words + at), ternary + count - at - 7);
    }
  }
  for (; i < count; i += 8) {
    sums[0] = subtract_signed(sums[0], load(words + i), ternary + count - i - 7);
  }
  const __m512i all =
      _mm512_add_epi64(_mm512_add_epi64(sums[0], sums[1]), _mm512_add_epi64(sums[2], sums[3]));
  alignas(64) std::uint64_t lanes[8];
  _mm512_store_si512(lanes, all);
  std::uint64_t sum = 0;
  for (const std::uint64_t lane : lanes) sum += lane;
  // The first eight words, as a polynomial whose other words are zero.
  std::int8_t first[8] = {ternary[0]};
  for (std::size_t k = 1; k < 8; ++k) first[8 - k] = ternary[count - k];
  return static_cast<std::int64_t>(
      sum + static_cast<std::uint64_t>(portable::constant_term(words, first, 8)));
}

}  // namespace cryptonet::he::arith::avx512ifma
