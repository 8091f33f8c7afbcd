// SPDX-License-Identifier: Apache-2.0
// Products of small polynomials on AVX2: four little polynomials in a register. This file includes
// nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/small_products_lanes.h"

namespace cryptonet::he::arith::avx2 {
namespace {

struct Lanes256 {
  using V = __m256i;
  static constexpr std::size_t kLanes = 16;

  static V load(const std::int16_t* numbers) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers));
  }
  static void store(std::int16_t* numbers, V x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(numbers), x);
  }
  static V all(std::int16_t number) { return _mm256_set1_epi16(number); }
  static V add(V x, V y) { return _mm256_add_epi16(x, y); }
  static V sub(V x, V y) { return _mm256_sub_epi16(x, y); }
  static V low_product(V x, V y) { return _mm256_mullo_epi16(x, y); }
  static V high_product(V x, V y) { return _mm256_mulhi_epi16(x, y); }

  static V spread_index(std::size_t blocks) {
    alignas(32) std::int8_t index[2 * kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t from = lane / 4 & (blocks - 1);
      index[2 * lane] = static_cast<std::int8_t>(2 * from);
      index[2 * lane + 1] = static_cast<std::int8_t>(2 * from + 1);
    }
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(index));
  }
  static V spread(V index, const std::int16_t* at) {
    const __m128i four = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
    return _mm256_shuffle_epi8(_mm256_broadcastq_epi64(four), index);
  }

  static V lower_blocks(V even, V odd) {
    return _mm256_permute2x128_si256(_mm256_unpacklo_epi64(even, odd),
                                     _mm256_unpackhi_epi64(even, odd), 0x20);
  }
  static V upper_blocks(V even, V odd) {
    return _mm256_permute2x128_si256(_mm256_unpacklo_epi64(even, odd),
                                     _mm256_unpackhi_epi64(even, odd), 0x31);
  }
  static V even_blocks(V lower, V upper) {
    return _mm256_unpacklo_epi64(_mm256_permute2x128_si256(lower, upper, 0x20),
                                 _mm256_permute2x128_si256(lower, upper, 0x31));
  }
  static V odd_blocks(V lower, V upper) {
    return _mm256_unpackhi_epi64(_mm256_permute2x128_si256(lower, upper, 0x20),
                                 _mm256_permute2x128_si256(lower, upper, 0x31));
  }

  template <int kI>
  static V repeat(V x) {
    constexpr int kAll = kI | kI << 2 | kI << 4 | kI << 6;
    return _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(x, kAll), kAll);
  }
  template <int kI>
  static V shift(V y, V wrapped) {
    constexpr int kTurn = (4 - kI) % 4 | (5 - kI) % 4 << 2 | (6 - kI) % 4 << 4 | (7 - kI) % 4 << 6;
    constexpr int kWrapped = 0xF0 >> kI & 0xF;  // of the last kI coefficients
    const V from = _mm256_blend_epi16(y, wrapped, kWrapped * 0x11);
    return _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(from, kTurn), kTurn);
  }

  static V widen(const std::int8_t* bytes) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  }
  static void store_digits(V x, std::int8_t* low, std::int8_t* high) {
    const V above = _mm256_cmpgt_epi16(x, all(kSmallModulus / 2));
    const V below = _mm256_cmpgt_epi16(all(-(kSmallModulus / 2)), x);
    x = sub(x, _mm256_and_si256(above, all(kSmallModulus)));
    x = add(x, _mm256_and_si256(below, all(kSmallModulus)));
    x = add(x, all(64));
    store_bytes(high, _mm256_srai_epi16(x, 7));
    store_bytes(low, sub(_mm256_and_si256(x, all(127)), all(64)));
  }

 private:
  static void store_bytes(std::int8_t* bytes, V x) {
    const V packed = _mm256_permute4x64_epi64(_mm256_packs_epi16(x, x), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes), _mm256_castsi256_si128(packed));
  }
};

}  // namespace

void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out) {
  SmallProducts<Lanes256>::forward(plan, ternary, work, out);
}

void small_product(const SmallProduct& job) { SmallProducts<Lanes256>::product(job); }

}  // namespace cryptonet::he::arith::avx2
