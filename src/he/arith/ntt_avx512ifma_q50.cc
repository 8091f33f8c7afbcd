// SPDX-License-Identifier: Apache-2.0
// The negacyclic transform on AVX-512 IFMA for q < 2^50, so that 4q < 2^52 fits a factor. The same
// butterflies and ranges as ntt_portable.cc, eight at a time; the stages whose halves are shorter
// than a register bring partners together with permutations. The quotient to base 2^52 is the one
// to base 2^64 shifted right by 12. Degrees below 16 take the portable kernel.
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/lazy_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

struct Constants {
  __m512i q;
  __m512i two_q;
};

/// Both in [0, 4q); u + w*v in [0, 4q) and u - w*v in (0, 4q).
inline void butterfly(__m512i& u, __m512i& v, __m512i w, __m512i quotient, const Constants& c) {
  const __m512i x = subtract_once(u, c.two_q);           // [0, 2q)
  const __m512i y = lazy_multiply(w, quotient, v, c.q);  // [0, 2q)
  u = _mm512_add_epi64(x, y);
  v = _mm512_sub_epi64(_mm512_add_epi64(x, c.two_q), y);
}

/// Both in [0, 2q) before and after: u + v, (u - v) * w.
inline void inverse_butterfly(__m512i& u, __m512i& v, __m512i w, __m512i quotient,
                              const Constants& c) {
  const __m512i difference = _mm512_sub_epi64(_mm512_add_epi64(u, c.two_q), v);  // (0, 4q)
  u = subtract_once(_mm512_add_epi64(u, v), c.two_q);
  v = lazy_multiply(w, quotient, difference, c.q);
}

inline __m512i shifted_quotients(__m512i quotients) { return _mm512_srli_epi64(quotients, 12); }

/// How two registers of 16 consecutive words are regrouped for a stage of half 4, 2 or 1: upper
/// partners to one register, lower ones to the other, and back; and which of the stage's
/// consecutive roots each lane needs.
struct ShortStage {
  __m512i gather_upper;
  __m512i gather_lower;
  __m512i scatter_first;
  __m512i scatter_second;
  __m512i roots;
  std::size_t roots_per_pair;  ///< roots for 16 words
};

inline ShortStage stage_of_half(std::size_t half) {
  if (half == 4) {
    return {
        _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11), _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15),
        _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11), _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15),
        _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 1, 1),   2};
  }
  if (half == 2) {
    return {
        _mm512_setr_epi64(0, 1, 4, 5, 8, 9, 12, 13), _mm512_setr_epi64(2, 3, 6, 7, 10, 11, 14, 15),
        _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15),
        _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3),   4};
  }
  return {
      _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15),
      _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11),  _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15),
      _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7),    8};
}

inline __m512i stage_roots(const std::uint64_t* roots, const ShortStage& stage) {
  const auto some = static_cast<__mmask8>((1U << stage.roots_per_pair) - 1);
  return _mm512_permutexvar_epi64(stage.roots, _mm512_maskz_loadu_epi64(some, roots));
}

/// One short stage on 16 words, in place in two registers.
template <bool kForward>
inline void short_stage(__m512i& first, __m512i& second, const ShortStage& stage,
                        const std::uint64_t* roots, const std::uint64_t* quotients,
                        const Constants& c) {
  __m512i u = _mm512_permutex2var_epi64(first, stage.gather_upper, second);
  __m512i v = _mm512_permutex2var_epi64(first, stage.gather_lower, second);
  const __m512i w = stage_roots(roots, stage);
  const __m512i quotient = shifted_quotients(stage_roots(quotients, stage));
  if constexpr (kForward) {
    butterfly(u, v, w, quotient, c);
  } else {
    inverse_butterfly(u, v, w, quotient, c);
  }
  first = _mm512_permutex2var_epi64(u, stage.scatter_first, v);
  second = _mm512_permutex2var_epi64(u, stage.scatter_second, v);
}

/// One stage of half >= 8 for one group.
template <bool kForward>
inline void long_group(std::uint64_t* upper, std::size_t half, std::uint64_t root,
                       std::uint64_t quotient, const Constants& c) {
  const __m512i w = set1(root);
  const __m512i w_quotient = set1(quotient >> 12);
  std::uint64_t* lower = upper + half;
  for (std::size_t i = 0; i < half; i += 8) {
    __m512i u = _mm512_loadu_si512(upper + i);
    __m512i v = _mm512_loadu_si512(lower + i);
    if constexpr (kForward) {
      butterfly(u, v, w, w_quotient, c);
    } else {
      inverse_butterfly(u, v, w, w_quotient, c);
    }
    _mm512_storeu_si512(upper + i, u);
    _mm512_storeu_si512(lower + i, v);
  }
}

/// Two forward stages (halves `half` and half / 2, at least 8) in one pass over a group's words.
inline void forward_pair(std::uint64_t* words, std::size_t half, const NttPlan& plan,
                         std::size_t root, const Constants& c) {
  const std::size_t quarter = half / 2;
  const __m512i w1 = set1(plan.roots[root]);
  const __m512i q1 = set1(plan.root_quotients[root] >> 12);
  const __m512i w2 = set1(plan.roots[2 * root]);
  const __m512i q2 = set1(plan.root_quotients[2 * root] >> 12);
  const __m512i w3 = set1(plan.roots[2 * root + 1]);
  const __m512i q3 = set1(plan.root_quotients[2 * root + 1] >> 12);
  for (std::size_t i = 0; i < quarter; i += 8) {
    __m512i x0 = _mm512_loadu_si512(words + i);
    __m512i x1 = _mm512_loadu_si512(words + quarter + i);
    __m512i x2 = _mm512_loadu_si512(words + half + i);
    __m512i x3 = _mm512_loadu_si512(words + half + quarter + i);
    butterfly(x0, x2, w1, q1, c);
    butterfly(x1, x3, w1, q1, c);
    butterfly(x0, x1, w2, q2, c);
    butterfly(x2, x3, w3, q3, c);
    _mm512_storeu_si512(words + i, x0);
    _mm512_storeu_si512(words + quarter + i, x1);
    _mm512_storeu_si512(words + half + i, x2);
    _mm512_storeu_si512(words + half + quarter + i, x3);
  }
}

/// Two inverse stages (halves `half` and 2 * half, at least 8) in one pass; `root` is the second's.
inline void inverse_pair(std::uint64_t* words, std::size_t half, const NttPlan& plan,
                         std::size_t root, const Constants& c) {
  const __m512i w1 = set1(plan.inverse_roots[2 * root]);
  const __m512i q1 = set1(plan.inverse_root_quotients[2 * root] >> 12);
  const __m512i w2 = set1(plan.inverse_roots[2 * root + 1]);
  const __m512i q2 = set1(plan.inverse_root_quotients[2 * root + 1] >> 12);
  const __m512i w3 = set1(plan.inverse_roots[root]);
  const __m512i q3 = set1(plan.inverse_root_quotients[root] >> 12);
  for (std::size_t i = 0; i < half; i += 8) {
    __m512i x0 = _mm512_loadu_si512(words + i);
    __m512i x1 = _mm512_loadu_si512(words + half + i);
    __m512i x2 = _mm512_loadu_si512(words + 2 * half + i);
    __m512i x3 = _mm512_loadu_si512(words + 3 * half + i);
    inverse_butterfly(x0, x1, w1, q1, c);
    inverse_butterfly(x2, x3, w2, q2, c);
    inverse_butterfly(x0, x2, w3, q3, c);
    inverse_butterfly(x1, x3, w3, q3, c);
    _mm512_storeu_si512(words + i, x0);
    _mm512_storeu_si512(words + half + i, x1);
    _mm512_storeu_si512(words + 2 * half + i, x2);
    _mm512_storeu_si512(words + 3 * half + i, x3);
  }
}

}  // namespace

void ntt_forward(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 16) return portable::ntt_forward(words, plan);
  const Constants c = {set1(plan.modulus), set1(2 * plan.modulus)};
  std::size_t groups = 1;
  std::size_t half = plan.degree / 2;
  for (; half >= 16; groups *= 4, half /= 4) {
    for (std::size_t group = 0; group < groups; ++group) {
      forward_pair(words + 2 * group * half, half, plan, groups + group, c);
    }
  }
  if (half == 8) {
    for (std::size_t group = 0; group < groups; ++group) {
      long_group<true>(words + 16 * group, 8, plan.roots[groups + group],
                       plan.root_quotients[groups + group], c);
    }
  }
  const ShortStage four = stage_of_half(4);
  const ShortStage two = stage_of_half(2);
  const ShortStage one = stage_of_half(1);
  const std::size_t first = plan.degree / 8;  // groups of the stage of half 4
  for (std::size_t i = 0; i < plan.degree; i += 16) {
    __m512i x = _mm512_loadu_si512(words + i);
    __m512i y = _mm512_loadu_si512(words + i + 8);
    const std::size_t at4 = first + i / 8;
    const std::size_t at2 = 2 * first + i / 4;
    const std::size_t at1 = 4 * first + i / 2;
    short_stage<true>(x, y, four, plan.roots + at4, plan.root_quotients + at4, c);
    short_stage<true>(x, y, two, plan.roots + at2, plan.root_quotients + at2, c);
    short_stage<true>(x, y, one, plan.roots + at1, plan.root_quotients + at1, c);
    x = subtract_once(subtract_once(x, c.two_q), c.q);  // [0, q)
    y = subtract_once(subtract_once(y, c.two_q), c.q);
    _mm512_storeu_si512(words + i, x);
    _mm512_storeu_si512(words + i + 8, y);
  }
}

void ntt_inverse(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 16) return portable::ntt_inverse(words, plan);
  const Constants c = {set1(plan.modulus), set1(2 * plan.modulus)};
  const ShortStage four = stage_of_half(4);
  const ShortStage two = stage_of_half(2);
  const ShortStage one = stage_of_half(1);
  const std::size_t first = plan.degree / 8;
  const std::uint64_t* roots = plan.inverse_roots;
  const std::uint64_t* quotients = plan.inverse_root_quotients;
  for (std::size_t i = 0; i < plan.degree; i += 16) {
    __m512i x = _mm512_loadu_si512(words + i);
    __m512i y = _mm512_loadu_si512(words + i + 8);
    const std::size_t at4 = first + i / 8;
    const std::size_t at2 = 2 * first + i / 4;
    const std::size_t at1 = 4 * first + i / 2;
    short_stage<false>(x, y, one, roots + at1, quotients + at1, c);
    short_stage<false>(x, y, two, roots + at2, quotients + at2, c);
    short_stage<false>(x, y, four, roots + at4, quotients + at4, c);
    _mm512_storeu_si512(words + i, x);
    _mm512_storeu_si512(words + i + 8, y);
  }
  std::size_t half = 8;
  std::size_t groups = plan.degree / 16;
  for (; groups >= 2; groups /= 4, half *= 4) {
    for (std::size_t group = 0; group < groups / 2; ++group) {
      inverse_pair(words + 4 * group * half, half, plan, groups / 2 + group, c);
    }
  }
  if (groups == 1) long_group<false>(words, half, roots[1], quotients[1], c);
  const __m512i factor = set1(plan.degree_inverse);
  const __m512i factor_quotient = set1(plan.degree_inverse_quotient >> 12);
  for (std::size_t i = 0; i < plan.degree; i += 8) {
    const __m512i x = _mm512_loadu_si512(words + i);
    _mm512_storeu_si512(words + i,
                        subtract_once(lazy_multiply(factor, factor_quotient, x, c.q), c.q));
  }
}

}  // namespace cryptonet::he::arith::avx512ifma
