// SPDX-License-Identifier: Apache-2.0
// What an opening adds up of hints and secrets on AVX-512, for ciphertext primes below 2^48. Words
// meet weights byte by byte: the instruction for neural networks adds four products of bytes to a
// lane, so eight words take one shuffle and, for each list of weights, one such instruction.
// Multiplying words of 52 bits took twice as long, adding and subtracting words under masks of the
// signs 1.3 times, and only ternary weights can do that. This file includes nothing with shared
// inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx512ifma.h"
#include "he/arith/packed_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

__extension__ typedef __int128 Wide;

/// Eight packed words as bytes: lane b has byte b of every word, lanes 6 and 7 are zero. They begin
/// `kFrom` bytes into `first` and may go on in `second`.
template <int kFrom>
inline __m512i bytes_of(__m512i first, __m512i second) {
  const __m512i index =
      _mm512_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 41, 35, 29, 23, 17, 11, 5,
                      46, 40, 34, 28, 22, 16, 10, 4, 45, 39, 33, 27, 21, 15, 9, 3, 44, 38, 32, 26,
                      20, 14, 8, 2, 43, 37, 31, 25, 19, 13, 7, 1, 42, 36, 30, 24, 18, 12, 6, 0);
  const __m512i from = _mm512_add_epi8(index, _mm512_set1_epi8(kFrom));
  return _mm512_maskz_permutex2var_epi8(kWordBytes, first, from, second);
}

/// Eight weights in every lane.
inline __m512i spread_weights(const std::int8_t* weights) {
  return _mm512_broadcastq_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights)));
}

/// Of lanes of 32 bits, two for each byte of a word.
inline Wide add_lanes(__m512i sums) {
  alignas(64) std::int32_t lanes[16];
  _mm512_store_si512(lanes, sums);
  Wide sum = 0;
  for (int byte = 5; byte >= 0; --byte) {
    sum = sum * 256 + std::int64_t{lanes[2 * byte]} + lanes[2 * byte + 1];
  }
  return sum;
}

/// A lane of 32 bits gets 2^12 times at most 4 * 255 * 64.
template <std::size_t kLists>
void weigh(const WeighWords& job) {
  __m512i sums[4][kLists] = {};  // in turn, to hide the latency of adding up
  std::size_t i = 0;
  for (; i + 32 <= job.count; i += 32) {
    const __m512i first = _mm512_loadu_si512(job.packed + 6 * i);
    const __m512i second = _mm512_loadu_si512(job.packed + 6 * i + 64);
    const __m512i third = _mm512_loadu_si512(job.packed + 6 * i + 128);
    const __m512i bytes[4] = {bytes_of<0>(first, first), bytes_of<48>(first, second),
                              bytes_of<32>(second, third), bytes_of<16>(third, third)};
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kLists; ++k) {
#pragma GCC unroll 4
      for (std::size_t eight = 0; eight < 4; ++eight) {
        sums[eight][k] = _mm512_dpbusd_epi32(sums[eight][k], bytes[eight],
                                             spread_weights(job.weights[k] + i + 8 * eight));
      }
    }
  }
  const std::int8_t* rest_weights[kLists];
  for (std::size_t k = 0; k < kLists; ++k) rest_weights[k] = job.weights[k] + i;
  portable::weigh_words({job.packed + 6 * i, job.count - i, rest_weights, kLists, job.sums});
  for (std::size_t k = 0; k < kLists; ++k) {
    __m512i all = sums[0][k];
    for (int eight = 1; eight < 4; ++eight) all = _mm512_add_epi32(all, sums[eight][k]);
    const auto rest = static_cast<Wide>(job.sums[k].high) << 64 | job.sums[k].low;
    const Wide sum = rest + add_lanes(all);
    job.sums[k] = {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
  }
}

}  // namespace

void lift_small(const std::int8_t* small, std::size_t count, std::uint64_t q, std::uint64_t* out) {
  const __m512i modulus = set1(q);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512i word =
        _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(small + i)));
    store(out + i, _mm512_min_epu64(word, _mm512_add_epi64(word, modulus)));
  }
  portable::lift_small(small + i, count - i, q, out + i);
}

void weigh_words(const WeighWords& job) {
  constexpr void (*kWeigh[kWeightsMax])(const WeighWords&) = {weigh<1>, weigh<2>, weigh<3>,
                                                              weigh<4>};
  kWeigh[job.weight_count - 1](job);
}

}  // namespace cryptonet::he::arith::avx512ifma
