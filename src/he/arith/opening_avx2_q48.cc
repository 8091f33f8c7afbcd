// SPDX-License-Identifier: Apache-2.0
// What an opening adds up of hints and secrets on AVX2, for ciphertext primes below 2^48: words
// meet weights byte by byte. This file includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include <cstring>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith::avx2 {
namespace {

__extension__ typedef __int128 Wide;

/// Four packed words, two in each half: a pair of lanes of 8 bits for byte b of both, b from 0
/// to 5.
inline __m256i load_pairs(const std::uint8_t* packed) {
  // the upper half from four bytes before, which are there, because nothing may lie behind
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed));
  const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + 8));
  const __m256i order = _mm256_setr_epi8(0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11, -1, -1, -1, -1,  //
                                         4, 10, 5, 11, 6, 12, 7, 13, 8, 14, 9, 15, -1, -1, -1, -1);
  return _mm256_shuffle_epi8(_mm256_set_m128i(second, first), order);
}

/// The same two weights, again and again, in each half.
inline __m256i spread_weights(const std::int8_t* weights) {
  std::int32_t four = 0;
  std::memcpy(&four, weights, sizeof(four));
  const __m256i order = _mm256_set_m128i(_mm_set1_epi16(0x0302), _mm_set1_epi16(0x0100));
  return _mm256_shuffle_epi8(_mm256_set1_epi32(four), order);
}

/// Words whose sums a lane of 32 bits holds: 2^6 times 2 * 255 * 64 * 257.
constexpr std::size_t kStretch = 256;

/// Of kStretch words.
Wide weigh_stretch(const std::uint8_t* packed, const std::int8_t* weights) {
  const __m256i bases = _mm256_set1_epi32(256 << 16 | 1);  // a byte, and the next one
  __m256i sums = _mm256_setzero_si256();
  for (std::size_t i = 0; i < kStretch; i += 4) {
    const __m256i products =
        _mm256_maddubs_epi16(load_pairs(packed + 6 * i), spread_weights(weights + i));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(products, bases));
  }
  alignas(32) std::int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums);
  Wide sum = 0;
  for (int pair = 2; pair >= 0; --pair) {
    sum = sum * 65536 + std::int64_t{lanes[pair]} + lanes[4 + pair];
  }
  return sum;
}

}  // namespace

void weigh_words(const WeighWords& job) {
  const std::size_t whole = job.count - job.count % kStretch;
  for (std::size_t k = 0; k < job.weight_count; ++k) {
    const std::int8_t* const rest_weights = job.weights[k] + whole;
    portable::weigh_words(
        {job.packed + 6 * whole, job.count - whole, &rest_weights, 1, job.sums + k});
    Wide sum = static_cast<Wide>(job.sums[k].high) << 64 | job.sums[k].low;
    for (std::size_t i = 0; i < whole; i += kStretch) {
      sum += weigh_stretch(job.packed + 6 * i, job.weights[k] + i);
    }
    job.sums[k] = {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
  }
}

}  // namespace cryptonet::he::arith::avx2
