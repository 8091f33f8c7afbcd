// SPDX-License-Identifier: Apache-2.0
// The steps of lazy_portable.h on eight lanes, for q < 2^50 and factors below 2^52. For the AVX-512
// IFMA files alone: static, because code built with their flags must not be shared with the rest.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace cryptonet::he::arith::avx512ifma {

static inline __m512i set1(std::uint64_t value) {
  return _mm512_set1_epi64(static_cast<long long>(value));
}

/// [0, 2m) to [0, m): a negative difference is a huge unsigned number.
static inline __m512i subtract_once(__m512i x, __m512i m) {
  return _mm512_min_epu64(x, _mm512_sub_epi64(x, m));
}

/// w * y mod q in [0, 2q) for y < 2^52, q < 2^50, quotient = floor(w * 2^52 / q).
static inline __m512i lazy_multiply(__m512i w, __m512i quotient, __m512i y, __m512i q) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i estimate = _mm512_madd52hi_epu64(zero, quotient, y);
  const __m512i product = _mm512_madd52lo_epu64(zero, w, y);
  const __m512i multiple = _mm512_madd52lo_epu64(zero, estimate, q);
  return _mm512_and_si512(_mm512_sub_epi64(product, multiple), set1((std::uint64_t{1} << 52) - 1));
}

}  // namespace cryptonet::he::arith::avx512ifma
