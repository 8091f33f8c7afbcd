// SPDX-License-Identifier: Apache-2.0
// Masking on AVX2 with FMA, for ciphertext primes below 2^48, in doubles (ntt_blocks_avx2.h). The
// phase is made in the first pass of the transform and masked after the last. This file includes
// nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include <cstring>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx2.h"

namespace cryptonet::he::arith::avx2 {
namespace {

/// centred(m) + t*e mod q, |x| <= q.
class Lift {
 public:
  explicit Lift(const MaskColumn& job)
      : message_(job.message),
        noise_(job.noise),
        t_(all(static_cast<double>(job.plaintext_modulus))),
        half_(all(static_cast<double>(job.plaintext_modulus / 2))) {}

  __m256d words(std::size_t at, const Prime& p) const {
    const __m256d message = load_words(message_ + at);
    const __m256d above = _mm256_cmp_pd(message, half_, _CMP_GT_OQ);
    const __m256d centred = _mm256_sub_pd(message, _mm256_and_pd(above, t_));
    std::int32_t bytes = 0;
    std::memcpy(&bytes, noise_ + at, sizeof(bytes));
    const __m256d noise = _mm256_cvtepi32_pd(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(bytes)));
    // t*e may pass 2^53: its two halves, as in multiply_any; the quotient is below 2^8
    const __m256d high = _mm256_mul_pd(t_, noise);
    const __m256d low = _mm256_fmsub_pd(t_, noise, high);
    const __m256d quotient = _mm256_round_pd(_mm256_mul_pd(high, p.inverse), kNearest);
    const __m256d product = _mm256_add_pd(_mm256_fnmadd_pd(quotient, p.q, high), low);
    return reduce(_mm256_add_pd(product, centred), p);  // |.| <= q/2 + t/2 before
  }

 private:
  const std::uint64_t* message_;
  const std::int8_t* noise_;
  __m256d t_;
  __m256d half_;
};

/// Writes four words below 2^48 as 24 bytes and, unless they are the last, 4 bytes more, which the
/// next words overwrite.
inline void store_packed(std::uint8_t* packed, __m256i words, bool last) {
  const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1,  //
                                         0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1);
  const __m256i twelves = _mm256_shuffle_epi8(words, order);
  const __m128i upper = _mm256_extracti128_si256(twelves, 1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(packed), _mm256_castsi256_si128(twelves));
  if (!last) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(packed + 12), upper);
    return;
  }
  _mm_storel_epi64(reinterpret_cast<__m128i*>(packed + 12), upper);
  const std::int32_t rest = _mm_extract_epi32(upper, 2);
  std::memcpy(packed + 20, &rest, sizeof(rest));
}

/// b and the hint of four words; |psi| <= 2^52 - q.
inline void mask_words(const MaskColumn& job, std::size_t at, __m256d psi, const Prime& p) {
  const __m256d a = load_words(job.mask + at);
  const __m256d s = load_words(job.secret + at);
  const __m256d b = canonical(_mm256_sub_pd(psi, multiply_any(a, s, p)), p);
  const __m256d hint = _mm256_add_pd(load_words(job.hint + at), multiply_any(a, b, p));
  store_words(job.hint + at, canonical(hint, p));
  store_packed(job.packed + 6 * at, to_bits(b), at + 4 == job.plan->degree);
}

}  // namespace

void mask_column(const MaskColumn& job) {
  const NttPlan& plan = *job.plan;
  if (plan.degree < 32) return portable::mask_column(job);
  const Prime p = prime_of(plan.modulus);
  const Lift lift(job);
  const std::size_t step = plan.degree / 4;
  for (std::size_t i = 0; i < step; i += 4) {
    __m256d x[4];
    for (std::size_t k = 0; k < 4; ++k) x[k] = lift.words(k * step + i, p);
    forward_two<false>(x, plan, 1, p);
    for (std::size_t k = 0; k < 4; ++k) store(job.work + k * step + i, x[k]);
  }
  for (std::size_t part = 0; part < 4; ++part) {
    const std::size_t start = part * step;
    forward_upper<false>(job.work + start, step, plan, 4 + part, p);
    const std::size_t root = (4 + part) * (step / 8);
    for (std::size_t i = 0; i < step; i += 8) {
      __m256d x = load(job.work + start + i);
      __m256d y = load(job.work + start + i + 4);
      forward_tail<false>(x, y, plan, root + i / 8, p);
      mask_words(job, start + i, x, p);
      mask_words(job, start + i + 4, y, p);
    }
  }
}

void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients) {
  const Prime p = prime_of(q);
  const __m256d scale = all(4503599627370496.0);  // 2^52
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256d a = load_words(mask + i);
    // floor(a * 2^52 / q) from an estimate that is off by 2 at most: the remainder is exact
    const __m256d shifted = _mm256_mul_pd(a, scale);
    __m256d quotient = _mm256_round_pd(_mm256_mul_pd(shifted, p.inverse), kDown);
    const __m256d rest = _mm256_fnmadd_pd(quotient, p.q, shifted);  // [-2q, 3q)
    const __m256d correction = _mm256_round_pd(_mm256_mul_pd(rest, p.inverse), kDown);
    quotient = _mm256_add_pd(quotient, correction);
    const __m256d after = _mm256_fnmadd_pd(correction, p.q, rest);  // [-q, 2q): one more step
    const __m256d one = all(1.0);
    const __m256d low = _mm256_cmp_pd(after, _mm256_setzero_pd(), _CMP_LT_OQ);
    const __m256d high = _mm256_cmp_pd(after, p.q, _CMP_GE_OQ);
    quotient = _mm256_sub_pd(quotient, _mm256_and_pd(low, one));
    quotient = _mm256_add_pd(quotient, _mm256_and_pd(high, one));
    store_words(quotients + i, quotient);
  }
  portable::divide_mask(mask + i, count - i, q, quotients + i);
}

void sum_mask(const SumMask& job) {
  const Prime p = prime_of(job.modulus);
  std::size_t i = 0;
  for (; i + 4 <= job.count; i += 4) {
    const __m256d a = load_words(job.mask + i);
    store_words(job.sum + i, canonical(_mm256_add_pd(load_words(job.sum + i), a), p));
    const __m256d square = multiply_any(a, a, p);
    store_words(job.square_sum + i,
                canonical(_mm256_add_pd(load_words(job.square_sum + i), square), p));
  }
  portable::sum_mask({job.count - i, job.modulus, job.mask + i, job.quotients + i, job.sum + i,
                      job.square_sum + i});
}

}  // namespace cryptonet::he::arith::avx2
