// SPDX-License-Identifier: Apache-2.0
// Products of small polynomials on AVX-512: eight little polynomials in a register. This file
// includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/small_products_lanes.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

struct Lanes512 {
  using V = __m512i;
  static constexpr std::size_t kLanes = 32;

  static V load(const std::int16_t* numbers) { return _mm512_loadu_si512(numbers); }
  static void store(std::int16_t* numbers, V x) { _mm512_storeu_si512(numbers, x); }
  static V all(std::int16_t number) { return _mm512_set1_epi16(number); }
  static V add(V x, V y) { return _mm512_add_epi16(x, y); }
  static V sub(V x, V y) { return _mm512_sub_epi16(x, y); }
  static V low_product(V x, V y) { return _mm512_mullo_epi16(x, y); }
  static V high_product(V x, V y) { return _mm512_mulhi_epi16(x, y); }

  static V spread_index(std::size_t blocks) {
    alignas(64) std::int16_t index[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      index[lane] = static_cast<std::int16_t>(lane / 4 & (blocks - 1));
    }
    return load(index);
  }
  static V spread(V index, const std::int16_t* at) {
    const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return _mm512_permutexvar_epi16(index, _mm512_castsi128_si512(eight));
  }

  static V lower_blocks(V even, V odd) {
    return _mm512_permutex2var_epi64(even, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), odd);
  }
  static V upper_blocks(V even, V odd) {
    return _mm512_permutex2var_epi64(even, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), odd);
  }
  static V even_blocks(V lower, V upper) {
    return _mm512_permutex2var_epi64(lower, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), upper);
  }
  static V odd_blocks(V lower, V upper) {
    return _mm512_permutex2var_epi64(lower, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), upper);
  }

  template <int kI>
  static V repeat(V x) {
    constexpr int kAll = kI | kI << 2 | kI << 4 | kI << 6;
    return _mm512_shufflehi_epi16(_mm512_shufflelo_epi16(x, kAll), kAll);
  }
  template <int kI>
  static V shift(V y, V wrapped) {
    constexpr int kTurn = (4 - kI) % 4 | (5 - kI) % 4 << 2 | (6 - kI) % 4 << 4 | (7 - kI) % 4 << 6;
    constexpr __mmask32 kWrapped = 0xF0U >> kI & 0xFU;  // of the last kI coefficients
    const V from = _mm512_mask_blend_epi16(kWrapped * 0x11111111U, y, wrapped);
    return _mm512_shufflehi_epi16(_mm512_shufflelo_epi16(from, kTurn), kTurn);
  }

  static V widen(const std::int8_t* bytes) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)));
  }
  static void store_digits(V x, std::int8_t* low, std::int8_t* high) {
    const __mmask32 above = _mm512_cmpgt_epi16_mask(x, all(kSmallModulus / 2));
    const __mmask32 below = _mm512_cmplt_epi16_mask(x, all(-(kSmallModulus / 2)));
    x = _mm512_mask_sub_epi16(x, above, x, all(kSmallModulus));
    x = _mm512_mask_add_epi16(x, below, x, all(kSmallModulus));
    x = add(x, all(64));
    store_bytes(high, _mm512_srai_epi16(x, 7));
    store_bytes(low, sub(_mm512_and_si512(x, all(127)), all(64)));
  }

 private:
  static void store_bytes(std::int8_t* bytes, V x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes), _mm512_cvtepi16_epi8(x));
  }
};

}  // namespace

void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out) {
  SmallProducts<Lanes512>::forward(plan, ternary, work, out);
}

void small_product(const SmallProduct& job) { SmallProducts<Lanes512>::product(job); }

}  // namespace cryptonet::he::arith::avx512ifma
