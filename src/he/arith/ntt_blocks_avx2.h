// SPDX-License-Identifier: Apache-2.0
// Modular arithmetic and blocks of butterflies on AVX2 with FMA. For the AVX2 files alone: static,
// because code built with their flags must not be shared with the rest.
//
// AVX2 multiplies no 64-bit integers, but a fused multiply-add gives both halves of a product of
// doubles exactly: h = fl(x*w), l = x*w - h. With c the integer next to x * (w/q), the difference
// h - c*q is an integer below 2^53, so exact, and r = (h - c*q) + l = x*w - c*q. For |w| <= q/2 and
// |x| <= 2^52 the estimate x * (w/q) is off by at most 2^51 * 2^-52 = 1/2, so |r| <= q: residues
// are signed. (32-bit limbs need about three times the instructions for the same product.)
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith::avx2 {

static constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
static constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// One prime, in every lane.
struct Prime {
  __m256d q;
  __m256d inverse;  ///< 1/q
};

static inline Prime prime_of(std::uint64_t q) {
  return {_mm256_set1_pd(static_cast<double>(q)), _mm256_set1_pd(1.0 / static_cast<double>(q))};
}

/// Words below 2^52 as doubles: the bits become the mantissa of a number from 2^52 on.
static inline __m256d from_bits(__m256i words) {
  const __m256d base = _mm256_set1_pd(4503599627370496.0);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(words, _mm256_castpd_si256(base))),
                       base);
}
/// The reverse, for integers in [0, 2^52).
static inline __m256i to_bits(__m256d x) {
  const __m256d base = _mm256_set1_pd(4503599627370496.0);
  return _mm256_xor_si256(_mm256_castpd_si256(_mm256_add_pd(x, base)), _mm256_castpd_si256(base));
}

static inline __m256i load_bits(const std::uint64_t* words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
}
static inline __m256d load_words(const std::uint64_t* words) { return from_bits(load_bits(words)); }
static inline void store_words(std::uint64_t* words, __m256d x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), to_bits(x));
}

/// Doubles that wait between two passes where words will stand.
static inline __m256d load(const std::uint64_t* words) {
  return _mm256_loadu_pd(reinterpret_cast<const double*>(words));
}
static inline void store(std::uint64_t* words, __m256d x) {
  _mm256_storeu_pd(reinterpret_cast<double*>(words), x);
}

/// |x| <= 2^52 to |r| <= q/2 and a little.
static inline __m256d reduce(__m256d x, const Prime& p) {
  return _mm256_fnmadd_pd(_mm256_round_pd(_mm256_mul_pd(x, p.inverse), kNearest), p.q, x);
}

/// |x| <= 2^52 to [0, q). The quotient is off by one at most, either way.
static inline __m256d canonical(__m256d x, const Prime& p) {
  const __m256d rest =
      _mm256_fnmadd_pd(_mm256_round_pd(_mm256_mul_pd(x, p.inverse), kDown), p.q, x);  // [-q, 2q)
  const __m256d negative = _mm256_cmp_pd(rest, _mm256_setzero_pd(), _CMP_LT_OQ);
  const __m256d raised = _mm256_add_pd(rest, _mm256_and_pd(negative, p.q));  // [0, 2q)
  const __m256d too_large = _mm256_cmp_pd(raised, p.q, _CMP_GE_OQ);
  return _mm256_sub_pd(raised, _mm256_and_pd(too_large, p.q));
}

/// x * w mod q for a factor with its ratio w/q; see above.
static inline __m256d multiply(__m256d x, __m256d w, __m256d ratio, const Prime& p) {
  const __m256d high = _mm256_mul_pd(x, w);
  const __m256d low = _mm256_fmsub_pd(x, w, high);
  const __m256d quotient = _mm256_round_pd(_mm256_mul_pd(x, ratio), kNearest);
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, p.q, high), low);
}

/// x * y mod q for |x|, |y| < q < 2^48, where the estimate h * (1/q) is off by less than 2^-3.
static inline __m256d multiply_any(__m256d x, __m256d y, const Prime& p) {
  const __m256d high = _mm256_mul_pd(x, y);
  const __m256d low = _mm256_fmsub_pd(x, y, high);
  const __m256d quotient = _mm256_round_pd(_mm256_mul_pd(high, p.inverse), kNearest);
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, p.q, high), low);
}

/// u + w*v and u - w*v: a bound B on |u| becomes B + q, while |v| <= 2^52.
static inline void butterfly(__m256d& u, __m256d& v, __m256d w, __m256d ratio, const Prime& p) {
  const __m256d product = multiply(v, w, ratio, p);
  v = _mm256_sub_pd(u, product);
  u = _mm256_add_pd(u, product);
}

static inline __m256d all(double x) { return _mm256_set1_pd(x); }

/// Two forward stages on four registers; `root` is the first's. kTight (q < 2^50): 4q <= 2^52, so
/// |x| <= 3q to 3q, with u brought to q first. Otherwise (q < 2^48): 16q <= 2^52 and nothing is
/// reduced, because at most 15 stages add q each to the first q/2 to q.
template <bool kTight>
static inline void forward_two(__m256d* x, const NttPlan& plan, std::size_t root, const Prime& p) {
  const double* w = plan.centred_roots;
  const double* r = plan.root_ratios;
  if constexpr (kTight) x[0] = reduce(x[0], p), x[1] = reduce(x[1], p);
  butterfly(x[0], x[2], all(w[root]), all(r[root]), p);
  butterfly(x[1], x[3], all(w[root]), all(r[root]), p);
  butterfly(x[0], x[1], all(w[2 * root]), all(r[2 * root]), p);
  butterfly(x[2], x[3], all(w[2 * root + 1]), all(r[2 * root + 1]), p);
}

template <bool kTight>
static inline void forward_pass(std::uint64_t* words, std::size_t size, const NttPlan& plan,
                                std::size_t root, const Prime& p) {
  const std::size_t step = size / 4;
  for (std::size_t i = 0; i < step; i += 4) {
    __m256d x[4] = {load(words + i), load(words + step + i), load(words + 2 * step + i),
                    load(words + 3 * step + i)};
    forward_two<kTight>(x, plan, root, p);
    for (std::size_t k = 0; k < 4; ++k) store(words + k * step + i, x[k]);
  }
}

/// (a0 b0 a1 b1) and (a2 b2 a3 b3). Three of these in a row are the identity.
static inline void interleave(__m256d& a, __m256d& b) {
  const __m256d even = _mm256_unpacklo_pd(a, b);
  const __m256d odd = _mm256_unpackhi_pd(a, b);
  a = _mm256_permute2f128_pd(even, odd, 0x20);
  b = _mm256_permute2f128_pd(even, odd, 0x31);
}
/// The reverse: even places, odd places.
static inline void deinterleave(__m256d& a, __m256d& b) {
  const __m256d first = _mm256_permute2f128_pd(a, b, 0x20);
  const __m256d second = _mm256_permute2f128_pd(a, b, 0x31);
  a = _mm256_unpacklo_pd(first, second);
  b = _mm256_unpackhi_pd(first, second);
}

/// (r0 r1 r0 r1): after one interleaving of 8 words the groups of half 2 alternate lane by lane.
static inline __m256d two_roots(const double* roots) {
  return _mm256_broadcast_pd(reinterpret_cast<const __m128d*>(roots));
}

/// The last three forward stages of a group of 8 words; `root` is the first's. |x| <= 3q before,
/// 4q after.
template <bool kTight>
static inline void forward_tail(__m256d& x, __m256d& y, const NttPlan& plan, std::size_t root,
                                const Prime& p) {
  const double* w = plan.centred_roots;
  const double* r = plan.root_ratios;
  if constexpr (kTight) x = reduce(x, p);
  butterfly(x, y, all(w[root]), all(r[root]), p);
  interleave(x, y);
  butterfly(x, y, two_roots(w + 2 * root), two_roots(r + 2 * root), p);
  interleave(x, y);
  butterfly(x, y, _mm256_loadu_pd(w + 4 * root), _mm256_loadu_pd(r + 4 * root), p);
  interleave(x, y);
}

/// All forward stages of a group of `size` >= 8 doubles but the last three.
template <bool kTight>
static inline void forward_upper(std::uint64_t* words, std::size_t size, const NttPlan& plan,
                                 std::size_t root, const Prime& p) {
  std::size_t groups = 1;
  std::size_t length = size;
  if ((__builtin_ctzll(size) - 3) % 2 != 0) {  // one single stage, then two at a time
    const __m256d w = all(plan.centred_roots[root]);
    const __m256d r = all(plan.root_ratios[root]);
    for (std::size_t i = 0; i < size / 2; i += 4) {
      __m256d u = load(words + i);
      __m256d v = load(words + size / 2 + i);
      if constexpr (kTight) u = reduce(u, p);
      butterfly(u, v, w, r, p);
      store(words + i, u);
      store(words + size / 2 + i, v);
    }
    groups = 2;
    length = size / 2;
  }
  for (; length > 8; groups *= 4, length /= 4) {
    for (std::size_t group = 0; group < groups; ++group) {
      forward_pass<kTight>(words + group * length, length, plan, root * groups + group, p);
    }
  }
}

}  // namespace cryptonet::he::arith::avx2
