// SPDX-License-Identifier: Apache-2.0
// The negacyclic transform on AVX-512 IFMA for q < 2^50. Three stages a pass over eight registers;
// after the first pass of a long transform its eight parts are finished one by one, each in the L1
// cache; the last four stages stay in registers. Degrees below 16 take the portable kernel.
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

/// Words that leave room for roots in an L1 cache of 32 KiB.
constexpr std::size_t kBlockWords = 2048;

/// The last stages of kPairs groups of 16 words, and the reduction to [0, q).
template <int kRoom, std::size_t kPairs>
inline void finish(std::uint64_t* words, const NttPlan& plan, std::size_t root,
                   const Barrett& barrett, const Prime& p) {
  __m512i x[kPairs];
  __m512i y[kPairs];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i)
    x[i] = load(words + 16 * i), y[i] = load(words + 16 * i + 8);
  forward_tail<kRoom, kPairs>(x, y, plan, root, p);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPairs; ++i) {
    if constexpr (kRoom == 16) {
      store(words + 16 * i, reduce(x[i], barrett, p));
      store(words + 16 * i + 8, reduce(y[i], barrett, p));
    } else {
      store(words + 16 * i, subtract_once(halve_range<4>(x[i], p), p.q));
      store(words + 16 * i + 8, subtract_once(halve_range<4>(y[i], p), p.q));
    }
  }
}

template <int kRoom>
void forward(std::uint64_t* words, const NttPlan& plan) {
  const Prime p = prime_of(plan.modulus);
  const Barrett barrett = barrett_of(plan.modulus);
  std::size_t parts = 1;
  if (plan.degree > kBlockWords) {
    forward_pass<kRoom, kRoom == 4>(words, plan.degree, plan, 1, p);  // [0, q) to [0, 7q)
    parts = 8;
  }
  const std::size_t size = plan.degree / parts;
  for (std::size_t part = 0; part < parts; ++part) {
    std::uint64_t* start = words + part * size;
    forward_upper<kRoom>(start, size, plan, parts + part, p);
    const std::size_t root = (parts + part) * (size / 16);
    if (size >= 64) {
      for (std::size_t i = 0; i < size; i += 64) {
        finish<kRoom, 4>(start + i, plan, root + i / 16, barrett, p);
      }
    } else {
      for (std::size_t i = 0; i < size; i += 16) {
        finish<kRoom, 1>(start + i, plan, root + i / 16, barrett, p);
      }
    }
  }
}

/// The largest range between inverse stages: 4q for q < 2^49 (kWide), 2q above. Differences of two
/// such words, made positive, are factors below 2^52.
template <bool kWide>
struct Inverse {
  const NttPlan& plan;
  Prime p;
  __m512i limit = kWide ? _mm512_slli_epi64(p.two_q, 1) : p.two_q;

  /// u + v and (u - v) * w for words below the limit; the product is in [0, 2q), dirty. The sum is
  /// brought below the limit when kReduce, and else below twice what u and v are below.
  template <bool kReduce>
  void butterfly(__m512i& u, __m512i& v, __m512i w, __m512i quotient) const {
    const __m512i difference = _mm512_sub_epi64(_mm512_add_epi64(u, limit), v);
    u = _mm512_add_epi64(u, v);
    if constexpr (kReduce) u = subtract_once(clean(u), limit);
    v = add_product(_mm512_setzero_si512(), w, quotient, difference, p);
  }
  template <bool kReduce>
  void butterfly_at(__m512i& u, __m512i& v, std::size_t root) const {
    butterfly<kReduce>(u, v, set1(plan.inverse_roots[root]),
                       set1(plan.inverse_root_quotients52[root]));
  }

  /// The first four stages of kPairs groups of 16 words; `root` is the first group's of the fourth
  /// stage. Several groups at once hide the latency of the chain.
  template <std::size_t kPairs>
  void head(std::uint64_t* words, std::size_t root) const {
    const std::uint64_t* w = plan.inverse_roots;
    const std::uint64_t* q = plan.inverse_root_quotients52;
    __m512i x[kPairs];
    __m512i y[kPairs];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPairs; ++i) {
      x[i] = load(words + 16 * i);
      y[i] = load(words + 16 * i + 8);
      deinterleave(x[i], y[i]);  // [0, q)
      const std::size_t at = 8 * (root + i);
      butterfly<false>(x[i], y[i], load(w + at), load(q + at));
      deinterleave(x[i], y[i]);  // [0, 2q)
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPairs; ++i) {
      const std::size_t at = 4 * (root + i);
      butterfly<!kWide>(x[i], y[i], four_roots(w + at), four_roots(q + at));
      deinterleave(x[i], y[i]);  // below the limit from here on
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPairs; ++i) {
      const std::size_t at = 2 * (root + i);
      butterfly<true>(x[i], y[i], two_roots(w + at), two_roots(q + at));
      deinterleave(x[i], y[i]);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPairs; ++i) {
      butterfly_at<true>(x[i], y[i], root + i);
      store(words + 16 * i, x[i]);
      store(words + 16 * i + 8, y[i]);
    }
  }

  /// Three stages of a group of 8 registers; `root` is the third's. Sums of two products stay below
  /// 4q and need no reduction in the wide form.
  void three(__m512i* x, std::size_t root) const {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      butterfly_at<true>(x[2 * i], x[2 * i + 1], 4 * root + i);
    }
    butterfly_at<true>(x[0], x[2], 2 * root);
    butterfly_at<!kWide>(x[1], x[3], 2 * root);
    butterfly_at<true>(x[4], x[6], 2 * root + 1);
    butterfly_at<!kWide>(x[5], x[7], 2 * root + 1);
    butterfly_at<true>(x[0], x[4], root);
    butterfly_at<true>(x[1], x[5], root);
    butterfly_at<!kWide>(x[2], x[6], root);
    butterfly_at<!kWide>(x[3], x[7], root);
  }
  void pass(std::uint64_t* words, std::size_t size, std::size_t root) const {
    const std::size_t step = size / 8;
    for (std::size_t i = 0; i < step; i += 8) {
      __m512i x[8];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < 8; ++k) x[k] = load(words + k * step + i);
      three(x, root);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < 8; ++k) store(words + k * step + i, x[k]);
    }
  }
  void stage(std::uint64_t* words, std::size_t size, std::size_t root) const {
    for (std::size_t i = 0; i < size / 2; i += 8) {
      __m512i u = load(words + i);
      __m512i v = load(words + size / 2 + i);
      butterfly_at<true>(u, v, root);
      store(words + i, u);
      store(words + size / 2 + i, v);
    }
  }
};

template <bool kWide>
void inverse(std::uint64_t* words, const NttPlan& plan) {
  const Inverse<kWide> steps = {plan, prime_of(plan.modulus)};
  const std::size_t parts = plan.degree > kBlockWords ? 8 : 1;
  const std::size_t size = plan.degree / parts;
  for (std::size_t part = 0; part < parts; ++part) {
    std::uint64_t* start = words + part * size;
    const std::size_t root = (parts + part) * (size / 16);
    if (size >= 64) {
      for (std::size_t i = 0; i < size; i += 64) steps.template head<4>(start + i, root + i / 16);
    } else {
      for (std::size_t i = 0; i < size; i += 16) steps.template head<1>(start + i, root + i / 16);
    }
    for (std::size_t length = 16; length < size;) {
      const bool three = size / length >= 8;
      length *= three ? 8 : 2;
      const std::size_t groups = size / length;
      for (std::size_t group = 0; group < groups; ++group) {
        const std::size_t place = (parts + part) * groups + group;
        if (three) {
          steps.pass(start + group * length, length, place);
        } else {
          steps.stage(start + group * length, length, place);
        }
      }
    }
  }
  if (parts == 8) steps.pass(words, plan.degree, 1);
  const __m512i factor = set1(plan.degree_inverse);
  const __m512i quotient = set1(plan.degree_inverse_quotient >> 12);
  for (std::size_t i = 0; i < plan.degree; i += 8) {
    const __m512i x = load(words + i);
    store(words + i, subtract_once(lazy_multiply(factor, quotient, x, steps.p.q), steps.p.q));
  }
}

}  // namespace

void ntt_forward(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 16) return portable::ntt_forward(words, plan);
  if (plan.modulus >> 48 == 0) return forward<16>(words, plan);
  forward<4>(words, plan);
}

void ntt_inverse(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 16) return portable::ntt_inverse(words, plan);
  if (plan.modulus >> 49 == 0) return inverse<true>(words, plan);
  inverse<false>(words, plan);
}

}  // namespace cryptonet::he::arith::avx512ifma
