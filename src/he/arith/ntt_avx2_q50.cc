// SPDX-License-Identifier: Apache-2.0
// The negacyclic transform on AVX2 with FMA for q < 2^50, in doubles (ntt_blocks_avx2.h). Two
// stages a pass; after the first pass of a long transform its four parts are finished one by one,
// each in the L1 cache; the last three stages stay in registers. Degrees below 8 take the portable
// kernel.
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx2.h"

namespace cryptonet::he::arith::avx2 {
namespace {

/// Words that leave room for roots in an L1 cache of 32 KiB.
constexpr std::size_t kBlockWords = 2048;

template <bool kTight>
void forward(std::uint64_t* words, const NttPlan& plan) {
  const Prime p = prime_of(plan.modulus);
  for (std::size_t i = 0; i < plan.degree; i += 4) store(words + i, load_words(words + i));
  std::size_t parts = 1;
  if (plan.degree > kBlockWords) {
    forward_pass<kTight>(words, plan.degree, plan, 1, p);
    parts = 4;
  }
  const std::size_t size = plan.degree / parts;
  for (std::size_t part = 0; part < parts; ++part) {
    std::uint64_t* start = words + part * size;
    forward_upper<kTight>(start, size, plan, parts + part, p);
    const std::size_t root = (parts + part) * (size / 8);
    for (std::size_t i = 0; i < size; i += 8) {
      __m256d x = load(start + i);
      __m256d y = load(start + i + 4);
      forward_tail<kTight>(x, y, plan, root + i / 8, p);
      store_words(start + i, canonical(x, p));
      store_words(start + i + 4, canonical(y, p));
    }
  }
}

/// u + v and (u - v) * w, for |u - v| <= 4q <= 2^52. |u|, |v| <= B gives 2B and q.
inline void butterfly_back(__m256d& u, __m256d& v, __m256d w, __m256d ratio, const Prime& p) {
  const __m256d difference = _mm256_sub_pd(u, v);
  u = _mm256_add_pd(u, v);
  v = multiply(difference, w, ratio, p);
}

/// The first three stages of 8 words, [0, q) to |x| <= q; `root` is the third's.
inline void inverse_head(__m256d& x, __m256d& y, const NttPlan& plan, std::size_t root,
                         const Prime& p) {
  const double* w = plan.inverse_centred_roots;
  const double* r = plan.inverse_root_ratios;
  deinterleave(x, y);
  butterfly_back(x, y, _mm256_loadu_pd(w + 4 * root), _mm256_loadu_pd(r + 4 * root), p);
  deinterleave(x, y);  // 2q
  butterfly_back(x, y, two_roots(w + 2 * root), two_roots(r + 2 * root), p);
  x = reduce(x, p);  // from 4q
  deinterleave(x, y);
  butterfly_back(x, y, all(w[root]), all(r[root]), p);
  x = reduce(x, p);
}

/// Two stages on four registers, |x| <= q to q; `root` is the second's.
inline void inverse_two(__m256d* x, const NttPlan& plan, std::size_t root, const Prime& p) {
  const double* w = plan.inverse_centred_roots;
  const double* r = plan.inverse_root_ratios;
  butterfly_back(x[0], x[1], all(w[2 * root]), all(r[2 * root]), p);
  butterfly_back(x[2], x[3], all(w[2 * root + 1]), all(r[2 * root + 1]), p);
  butterfly_back(x[0], x[2], all(w[root]), all(r[root]), p);  // from 2q
  butterfly_back(x[1], x[3], all(w[root]), all(r[root]), p);
  x[0] = reduce(x[0], p);  // from 4q
  x[1] = reduce(x[1], p);  // from 2q
}

void inverse_pass(std::uint64_t* words, std::size_t size, const NttPlan& plan, std::size_t root,
                  const Prime& p) {
  const std::size_t step = size / 4;
  for (std::size_t i = 0; i < step; i += 4) {
    __m256d x[4] = {load(words + i), load(words + step + i), load(words + 2 * step + i),
                    load(words + 3 * step + i)};
    inverse_two(x, plan, root, p);
    for (std::size_t k = 0; k < 4; ++k) store(words + k * step + i, x[k]);
  }
}

/// The stages of a group of `size` doubles that follow the first three.
void inverse_upper(std::uint64_t* words, std::size_t size, const NttPlan& plan, std::size_t root,
                   const Prime& p) {
  std::size_t length = 8;
  for (; length * 4 <= size; length *= 4) {
    const std::size_t groups = size / (4 * length);
    for (std::size_t group = 0; group < groups; ++group) {
      inverse_pass(words + 4 * length * group, 4 * length, plan, root * groups + group, p);
    }
  }
  if (length == size) return;
  for (std::size_t i = 0; i < length; i += 4) {
    __m256d u = load(words + i);
    __m256d v = load(words + length + i);
    butterfly_back(u, v, all(plan.inverse_centred_roots[root]), all(plan.inverse_root_ratios[root]),
                   p);
    store(words + i, reduce(u, p));
    store(words + length + i, v);
  }
}

}  // namespace

void ntt_forward(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 8) return portable::ntt_forward(words, plan);
  if (plan.modulus >> 48 == 0) return forward<false>(words, plan);
  forward<true>(words, plan);
}

void ntt_inverse(std::uint64_t* words, const NttPlan& plan) {
  if (plan.degree < 8) return portable::ntt_inverse(words, plan);
  const Prime p = prime_of(plan.modulus);
  const std::size_t parts = plan.degree > kBlockWords ? 4 : 1;
  const std::size_t size = plan.degree / parts;
  for (std::size_t part = 0; part < parts; ++part) {
    std::uint64_t* start = words + part * size;
    const std::size_t root = (parts + part) * (size / 8);
    for (std::size_t i = 0; i < size; i += 8) {
      __m256d x = load_words(start + i);
      __m256d y = load_words(start + i + 4);
      inverse_head(x, y, plan, root + i / 8, p);
      store(start + i, x);
      store(start + i + 4, y);
    }
    inverse_upper(start, size, plan, parts + part, p);
  }
  if (parts == 4) inverse_pass(words, plan.degree, plan, 1, p);
  const double centred = static_cast<double>(
      static_cast<std::int64_t>(plan.degree_inverse) -
      (plan.degree_inverse > plan.modulus / 2 ? static_cast<std::int64_t>(plan.modulus) : 0));
  const __m256d factor = all(centred);
  const __m256d ratio = all(centred / static_cast<double>(plan.modulus));
  for (std::size_t i = 0; i < plan.degree; i += 4) {
    store_words(words + i, canonical(multiply(load(words + i), factor, ratio, p), p));
  }
}

}  // namespace cryptonet::he::arith::avx2
