// SPDX-License-Identifier: Apache-2.0
// Blocks of butterflies on AVX-512 IFMA, of which the transforms are made. For the AVX-512 IFMA
// files alone: static, because code built with their flags must not be shared with the rest.
//
// A multiplication by madd52 reads the low 52 bits of a lane only, so a word may carry anything
// above them ("dirty") until it is compared. Ranges below are those of the low 52 bits; every one
// is a multiple of q up to kRoom * q <= 2^52: kRoom is 16 for q < 2^48 and 4 for q < 2^50. A
// product by Shoup's method is in [0, 2q) for every factor below 2^52, and adding it into the sum
// costs nothing, so a butterfly takes a range [0, B) of u to [0, B + 2q) of both outputs.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "he/arith/kernels.h"
#include "he/arith/lazy_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {

static constexpr std::uint64_t kWord52 = (std::uint64_t{1} << 52) - 1;

/// One prime, in every lane.
struct Prime {
  __m512i q;
  __m512i two_q;
  __m512i minus_q;  ///< 2^52 - q: adding its multiples subtracts those of q
};

static inline Prime prime_of(std::uint64_t q) {
  return {set1(q), set1(2 * q), set1((std::uint64_t{1} << 52) - q)};
}

static inline __m512i load(const std::uint64_t* words) { return _mm512_loadu_si512(words); }
static inline void store(std::uint64_t* words, __m512i x) { _mm512_storeu_si512(words, x); }
static inline __m512i clean(__m512i x) { return _mm512_and_si512(x, set1(kWord52)); }

/// [0, kRoom * q), dirty, to [0, kRoom / 2 * q).
template <int kRoom>
static inline __m512i halve_range(__m512i x, const Prime& p) {
  const __m512i half = kRoom == 16 ? _mm512_slli_epi64(p.two_q, 2) : p.two_q;
  return subtract_once(clean(x), half);
}

/// sum + w * v - (a multiple of q), where the product's part is in [0, 2q); dirty.
static inline __m512i add_product(__m512i sum, __m512i w, __m512i quotient, __m512i v,
                                  const Prime& p) {
  const __m512i estimate = _mm512_madd52hi_epu64(_mm512_setzero_si512(), quotient, v);
  return _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(sum, w, v), estimate, p.minus_q);
}

/// u in [0, B), v in [0, 2^52), dirty; u + w*v and u - w*v + 2q in [0, B + 2q), dirty.
static inline void butterfly(__m512i& u, __m512i& v, __m512i w, __m512i quotient, const Prime& p) {
  const __m512i twice = _mm512_add_epi64(_mm512_add_epi64(u, u), p.two_q);
  u = add_product(u, w, quotient, v, p);
  v = _mm512_sub_epi64(twice, u);
}

/// The same for a root at an index of a plan, in every lane.
static inline void butterfly_at(__m512i& u, __m512i& v, const NttPlan& plan, std::size_t root,
                                const Prime& p) {
  butterfly(u, v, set1(plan.roots[root]), set1(plan.root_quotients52[root]), p);
}

/// Three forward stages of one group of 8 registers; `root` is the index of the first stage's.
/// kRoom 16: [0, 16q) to [0, 14q), or from [0, B <= 10q) to [0, B + 6q) when kReduce is false.
/// kRoom 4: [0, 4q) to [0, 4q), always reduced.
template <int kRoom, bool kReduce>
static inline void forward_three(__m512i* x, const NttPlan& plan, std::size_t root,
                                 const Prime& p) {
  if constexpr (kReduce) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) x[i] = halve_range<kRoom>(x[i], p);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) butterfly_at(x[i], x[i + 4], plan, root, p);
  if constexpr (kRoom == 4) {
    x[0] = halve_range<4>(x[0], p), x[1] = halve_range<4>(x[1], p);
    x[4] = halve_range<4>(x[4], p), x[5] = halve_range<4>(x[5], p);
  }
  butterfly_at(x[0], x[2], plan, 2 * root, p);
  butterfly_at(x[1], x[3], plan, 2 * root, p);
  butterfly_at(x[4], x[6], plan, 2 * root + 1, p);
  butterfly_at(x[5], x[7], plan, 2 * root + 1, p);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    if constexpr (kRoom == 4) x[2 * i] = halve_range<4>(x[2 * i], p);
    butterfly_at(x[2 * i], x[2 * i + 1], plan, 4 * root + i, p);
  }
}

/// Three forward stages of a group of `size` words (a multiple of 64), the first of half size / 2.
template <int kRoom, bool kReduce>
static inline void forward_pass(std::uint64_t* words, std::size_t size, const NttPlan& plan,
                                std::size_t root, const Prime& p) {
  const std::size_t step = size / 8;
  for (std::size_t i = 0; i < step; i += 8) {
    __m512i x[8];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) x[k] = load(words + k * step + i);
    forward_three<kRoom, kReduce>(x, plan, root, p);
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) store(words + k * step + i, x[k]);
  }
}

/// One forward stage of a group of `size` words (a multiple of 16): [0, kRoom*q) to itself.
template <int kRoom>
static inline void forward_stage(std::uint64_t* words, std::size_t size, const NttPlan& plan,
                                 std::size_t root, const Prime& p) {
  const std::size_t half = size / 2;
  for (std::size_t i = 0; i < half; i += 8) {
    __m512i u = halve_range<kRoom>(load(words + i), p);
    __m512i v = load(words + half + i);
    butterfly_at(u, v, plan, root, p);
    store(words + i, u);
    store(words + half + i, v);
  }
}

/// (a0 b0 a1 b1 a2 b2 a3 b3) and (a4 b4 ... a7 b7). Four of these in a row are the identity.
static inline void interleave(__m512i& a, __m512i& b) {
  const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
  const __m512i high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
  const __m512i first = _mm512_permutex2var_epi64(a, low, b);
  b = _mm512_permutex2var_epi64(a, high, b);
  a = first;
}

/// The reverse: even places, odd places.
static inline void deinterleave(__m512i& a, __m512i& b) {
  const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
  const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
  const __m512i first = _mm512_permutex2var_epi64(a, even, b);
  b = _mm512_permutex2var_epi64(a, odd, b);
  a = first;
}

/// (r0 r1 r0 r1 ...) and (r0 r1 r2 r3 r0 r1 r2 r3): after one interleaving of 16 words the groups
/// of half 4 alternate lane by lane, after two those of half 2 stand so.
static inline __m512i two_roots(const std::uint64_t* roots) {
  return _mm512_broadcast_i64x2(_mm_loadu_si128(reinterpret_cast<const __m128i*>(roots)));
}
static inline __m512i four_roots(const std::uint64_t* roots) {
  return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(roots)));
}

/// The last four forward stages of kPairs groups of 16 words, in registers x and y; `root` is the
/// first group's of the first stage. Several groups at once hide the latency of the chain.
/// [0, kRoom*q) to [0, 12q) for kRoom 16, [0, 4q) for kRoom 4.
template <int kRoom, std::size_t kPairs>
static inline void forward_tail(__m512i* x, __m512i* y, const NttPlan& plan, std::size_t root,
                                const Prime& p) {
  const std::uint64_t* w = plan.roots;
  const std::uint64_t* q = plan.root_quotients52;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i) {
    x[i] = halve_range<kRoom>(x[i], p);
    if constexpr (kRoom == 16)
      x[i] = subtract_once(x[i], _mm512_slli_epi64(p.two_q, 1));  // [0, 4q)
    butterfly_at(x[i], y[i], plan, root + i, p);
    interleave(x[i], y[i]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i) {
    if constexpr (kRoom == 4) x[i] = halve_range<4>(x[i], p);
    const std::size_t at = 2 * (root + i);
    butterfly(x[i], y[i], two_roots(w + at), two_roots(q + at), p);
    interleave(x[i], y[i]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i) {
    if constexpr (kRoom == 4) x[i] = halve_range<4>(x[i], p);
    const std::size_t at = 4 * (root + i);
    butterfly(x[i], y[i], four_roots(w + at), four_roots(q + at), p);
    interleave(x[i], y[i]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i) {
    if constexpr (kRoom == 4) x[i] = halve_range<4>(x[i], p);
    const std::size_t at = 8 * (root + i);
    butterfly(x[i], y[i], load(w + at), load(q + at), p);
    interleave(x[i], y[i]);
  }
}

/// All forward stages of a group of `size` >= 16 words but the last four: [0, kRoom*q) to itself.
template <int kRoom>
static inline void forward_upper(std::uint64_t* words, std::size_t size, const NttPlan& plan,
                                 std::size_t root, const Prime& p) {
  std::size_t groups = 1;
  for (std::size_t length = size; length > 16;) {
    // 16 * 8^k * {1, 2, 4}: single stages first, then three at a time
    const bool three = (__builtin_ctzll(length) - 4) % 3 == 0;
    for (std::size_t group = 0; group < groups; ++group) {
      std::uint64_t* start = words + group * length;
      if (three) {
        forward_pass<kRoom, true>(start, length, plan, root * groups + group, p);
      } else {
        forward_stage<kRoom>(start, length, plan, root * groups + group, p);
      }
    }
    groups *= three ? 8 : 2;
    length /= three ? 8 : 2;
  }
}

/// x mod q in [0, q) for dirty x in [0, 16q), q < 2^48: with L the bits of q, ratio =
/// floor(2^(51 + L) / q) < 2^52, and floor(x * ratio / 2^(51 + L)) is floor(x / q) or 1 less.
struct Barrett {
  __m512i ratio;
  __m128i shift;
};

static inline Barrett barrett_of(std::uint64_t q) {
  __extension__ typedef unsigned __int128 Wide;
  const int bits = 64 - __builtin_clzll(q);
  return {set1(static_cast<std::uint64_t>(((Wide{1} << (51 + bits)) - 1) / q)),
          _mm_cvtsi32_si128(bits - 1)};
}

static inline __m512i reduce(__m512i x, const Barrett& barrett, const Prime& p) {
  const __m512i high = _mm512_madd52hi_epu64(_mm512_setzero_si512(), barrett.ratio, x);
  const __m512i estimate = _mm512_srl_epi64(high, barrett.shift);
  return subtract_once(clean(_mm512_madd52lo_epu64(x, estimate, p.minus_q)), p.q);
}

}  // namespace cryptonet::he::arith::avx512ifma
