// SPDX-License-Identifier: Apache-2.0
// AVX2, for words below 2^48: inner products. There is no 64-bit multiplication, so a word is split
// into two halves of 24 bits and a product into low + middle * 2^24 + high * 2^48, each part summed
// in 64-bit lanes: a middle term is below 2^49, and kKernelWordsMax words over 4 lanes are 8192
// terms, below 2^62. Four six-byte words are two 16-byte loads (that never touch a byte past the
// end) and one shuffle. This file includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith::avx2 {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// Four packed words: bytes 0-15 hold the first two, bytes 8-23 the others.
inline __m256i load_packed(const std::uint8_t* packed) {
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + 8));
  const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1,  //
                                         4, 5, 6, 7, 8, 9, -1, -1, 10, 11, 12, 13, 14, 15, -1, -1);
  return _mm256_shuffle_epi8(both, order);
}

inline __m256i load_words(const std::uint64_t* words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
}

inline Wide sum_of_lanes(__m256i lanes) {
  alignas(32) std::uint64_t words[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(words), lanes);
  return Wide{words[0]} + words[1] + words[2] + words[3];
}

/// Sums of the three parts of products.
struct Parts {
  __m256i low = _mm256_setzero_si256();
  __m256i middle = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();

  void add_product(__m256i x, __m256i y) {
    const __m256i mask = _mm256_set1_epi64x((1 << 24) - 1);
    const __m256i x0 = _mm256_and_si256(x, mask);
    const __m256i y0 = _mm256_and_si256(y, mask);
    const __m256i x1 = _mm256_srli_epi64(x, 24);
    const __m256i y1 = _mm256_srli_epi64(y, 24);
    low = _mm256_add_epi64(low, _mm256_mul_epu32(x0, y0));
    middle = _mm256_add_epi64(middle,
                              _mm256_add_epi64(_mm256_mul_epu32(x0, y1), _mm256_mul_epu32(x1, y0)));
    high = _mm256_add_epi64(high, _mm256_mul_epu32(x1, y1));
  }
  Wide total() const {
    return sum_of_lanes(low) + (sum_of_lanes(middle) << 24) + (sum_of_lanes(high) << 48);
  }
};

inline WideSum split(Wide sum) {
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
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

WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count) {
  Parts parts;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    parts.add_product(load_packed(a + 6 * i), load_packed(b + 6 * i));
  }
  const WideSum rest = portable::dot_u48(a + 6 * i, b + 6 * i, count - i);
  return split(parts.total() + ((Wide{rest.high} << 64) | rest.low));
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + i), load_packed(packed + 6 * i));
  }
  portable::unpack_u48(packed + 6 * i, words + i, count - i);
}

void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out) {
  for (std::size_t i = 0; i < kTileRows; ++i) {
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      Parts parts;
      for (std::size_t k = 0; k < count; k += 4) {
        parts.add_product(load_words(rows[i] + k), load_words(columns[j] + k));
      }
      out[i * kTileColumns + j] = split(parts.total());
    }
  }
}

}  // namespace cryptonet::he::arith::avx2
