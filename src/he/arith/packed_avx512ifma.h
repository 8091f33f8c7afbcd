// SPDX-License-Identifier: Apache-2.0
// Packed six-byte words in and out of eight lanes. For the AVX-512 IFMA files alone: static,
// because code built with their flags must not be shared with the rest.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace cryptonet::he::arith::avx512ifma {

static constexpr __mmask64 kWordBytes = 0xFFFFFFFFFFFF;  // 48 of 64 bytes

/// Spreads 48 bytes into eight 64-bit lanes.
static inline __m512i spread(__m512i bytes) {
  const __m512i index =
      _mm512_set_epi8(0, 0, 47, 46, 45, 44, 43, 42, 0, 0, 41, 40, 39, 38, 37, 36, 0, 0, 35, 34, 33,
                      32, 31, 30, 0, 0, 29, 28, 27, 26, 25, 24, 0, 0, 23, 22, 21, 20, 19, 18, 0, 0,
                      17, 16, 15, 14, 13, 12, 0, 0, 11, 10, 9, 8, 7, 6, 0, 0, 5, 4, 3, 2, 1, 0);
  return _mm512_maskz_permutexvar_epi8(0x3F3F3F3F3F3F3F3F, index, bytes);
}

/// Eight packed words.
static inline __m512i load_packed(const std::uint8_t* packed) {
  return spread(_mm512_maskz_loadu_epi8(kWordBytes, packed));
}

/// The first `count` < 8 packed words, the others 0.
static inline __m512i load_packed_some(const std::uint8_t* packed, std::size_t count) {
  return spread(_mm512_maskz_loadu_epi8((std::uint64_t{1} << (6 * count)) - 1, packed));
}

/// Writes eight lanes below 2^48 as 48 bytes.
static inline void store_packed(std::uint8_t* packed, __m512i words) {
  const __m512i index = _mm512_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 61, 60, 59,
                                        58, 57, 56, 53, 52, 51, 50, 49, 48, 45, 44, 43, 42, 41, 40,
                                        37, 36, 35, 34, 33, 32, 29, 28, 27, 26, 25, 24, 21, 20, 19,
                                        18, 17, 16, 13, 12, 11, 10, 9, 8, 5, 4, 3, 2, 1, 0);
  _mm512_mask_storeu_epi8(packed, kWordBytes, _mm512_permutexvar_epi8(index, words));
}

}  // namespace cryptonet::he::arith::avx512ifma
