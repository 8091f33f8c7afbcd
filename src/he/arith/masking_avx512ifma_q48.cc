// SPDX-License-Identifier: Apache-2.0
// Masking on AVX-512 IFMA, for ciphertext primes below 2^48. The phase is made in the first pass of
// the transform and masked in the last, so that it is stored twice only; ranges as in
// ntt_blocks_avx512ifma.h. This file includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/ntt_blocks_avx512ifma.h"
#include "he/arith/packed_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t kNoiseReach = 22;  // makes noise, less 1 where the message is centred, > 0
/// Groups of 16 words that go through the last stages together.
constexpr std::size_t kPairs = 4;

/// centred(m) + t*e = m + t*(e - [m > t/2]) = m - 22*t + t*(e + 22 - [m > t/2]).
class Lift {
 public:
  explicit Lift(const MaskColumn& job)
      : message_(job.message), noise_(job.noise), half_(set1(job.plaintext_modulus / 2)) {
    const std::uint64_t q = job.plan->modulus;
    const std::uint64_t t = job.plaintext_modulus % q;
    t_ = set1(t);
    t_quotient_ = set1(static_cast<std::uint64_t>((Wide{t} << 52) / q));
    base_ = set1(q - static_cast<std::uint64_t>(Wide{kNoiseReach} * t % q));  // (0, q]
  }

  /// [0, t + 3q), dirty: the noise part is below 2q.
  __m512i words(std::size_t at, const Prime& p) const {
    const __m512i message = load(message_ + at);
    const __m512i noise =
        _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(noise_ + at)));
    const __m512i raised = _mm512_add_epi64(noise, set1(kNoiseReach));  // [1, 43]
    const __m512i factor =
        _mm512_mask_sub_epi64(raised, _mm512_cmpgt_epu64_mask(message, half_), raised, set1(1));
    return add_product(_mm512_add_epi64(message, base_), t_, t_quotient_, factor, p);
  }

 private:
  const std::uint64_t* message_;
  const std::int8_t* noise_;
  __m512i half_;
  __m512i t_;
  __m512i t_quotient_;
  __m512i base_;
};

/// b and the hint of eight words; psi in [0, 12q), dirty.
inline void mask_words(const MaskColumn& job, std::size_t at, __m512i psi, const Barrett& barrett,
                       const Prime& p) {
  const __m512i a = load(job.mask + at);
  const __m512i quotient = load(job.mask_quotients + at);
  const __m512i minus_s = _mm512_sub_epi64(p.q, load(job.secret + at));             // (0, q]
  const __m512i b = reduce(add_product(psi, a, quotient, minus_s, p), barrett, p);  // from [0, 14q)
  const __m512i hint = clean(add_product(load(job.hint + at), a, quotient, b, p));  // [0, 3q)
  store(job.hint + at, subtract_once(subtract_once(hint, p.two_q), p.q));
  store_packed(job.packed + 6 * at, b);
}

/// The six bytes in which each of eight words of 42 bits lies, a lane each.
inline __m512i load_coins(const std::uint8_t* coins) {
  const __m512i index =
      _mm512_set_epi8(0, 0, 41, 40, 39, 38, 37, 36, 0, 0, 36, 35, 34, 33, 32, 31, 0, 0, 31, 30, 29,
                      28, 27, 26, 0, 0, 26, 25, 24, 23, 22, 21, 0, 0, 20, 19, 18, 17, 16, 15, 0, 0,
                      15, 14, 13, 12, 11, 10, 0, 0, 10, 9, 8, 7, 6, 5, 0, 0, 5, 4, 3, 2, 1, 0);
  const __m512i bytes = _mm512_maskz_loadu_epi8((std::uint64_t{1} << 42) - 1, coins);
  return _mm512_maskz_permutexvar_epi8(0x3F3F3F3F3F3F3F3F, index, bytes);
}

}  // namespace

void mask_column(const MaskColumn& job) {
  const NttPlan& plan = *job.plan;
  // The first pass takes 10q at most; smaller rings and primes exist in tests only.
  if (plan.degree < 16 * 8 * kPairs || job.plaintext_modulus > 7 * plan.modulus) {
    return portable::mask_column(job);
  }
  const Prime p = prime_of(plan.modulus);
  const Barrett barrett = barrett_of(plan.modulus);
  const Lift lift(job);
  const std::size_t step = plan.degree / 8;
  for (std::size_t i = 0; i < step; i += 8) {
    __m512i x[8];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) x[k] = lift.words(k * step + i, p);  // [0, 10q)
    forward_three<16, false>(x, plan, 1, p);                                 // [0, 16q)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) store(job.work + k * step + i, x[k]);
  }
  for (std::size_t part = 0; part < 8; ++part) {
    const std::size_t start = part * step;
    forward_upper<16>(job.work + start, step, plan, 8 + part, p);
    const std::size_t root = (8 + part) * (step / 16);
    for (std::size_t i = 0; i < step; i += 16 * kPairs) {
      __m512i x[kPairs];
      __m512i y[kPairs];
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kPairs; ++k) {
        x[k] = load(job.work + start + i + 16 * k);
        y[k] = load(job.work + start + i + 16 * k + 8);
      }
      forward_tail<16, kPairs>(x, y, plan, root + i / 16, p);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kPairs; ++k) {
        mask_words(job, start + i + 16 * k, x[k], barrett, p);
        mask_words(job, start + i + 16 * k + 8, y[k], barrett, p);
      }
    }
  }
}

void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients) {
  const Prime p = prime_of(q);
  const __m512d scale = _mm512_set1_pd(4503599627370496.0 / static_cast<double>(q));  // 2^52 / q
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512i a = load(mask + i);
    // floor(a * 2^52 / q) in double precision is off by 2 at most (relative error 2^-52); its
    // remainder a * 2^52 - estimate * q, taken mod 2^52 with 2q added, tells by how much
    __m512i estimate = _mm512_cvttpd_epu64(_mm512_mul_pd(_mm512_cvtepu64_pd(a), scale));
    const __m512i rest = clean(_mm512_madd52lo_epu64(p.two_q, estimate, p.minus_q));  // [0, 5q)
    estimate = _mm512_sub_epi64(estimate, set1(2));
    for (std::uint64_t k = 1; k <= 4; ++k) {
      const __mmask8 more = _mm512_cmpge_epu64_mask(rest, set1(k * q));
      estimate = _mm512_mask_add_epi64(estimate, more, estimate, set1(1));
    }
    store(quotients + i, estimate);
  }
  portable::divide_mask(mask + i, count - i, q, quotients + i);
}

void sum_mask(const SumMask& job) {
  const std::uint64_t q = job.modulus;
  const Prime p = prime_of(q);
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i a = load(job.mask + i);
    const __m512i quotient = load(job.quotients + i);
    store(job.sum + i, subtract_once(_mm512_add_epi64(load(job.sum + i), a), p.q));
    const __m512i squares = clean(add_product(load(job.square_sum + i), a, quotient, a, p));
    store(job.square_sum + i, subtract_once(subtract_once(squares, p.two_q), p.q));  // from [0, 3q)
  }
  if (i < job.count) {
    portable::sum_mask(
        {job.count - i, q, job.mask + i, job.quotients + i, job.sum + i, job.square_sum + i});
  }
}

std::size_t unpack_candidates(const UnpackCandidates& job) {
  const __m512i cut = set1(job.cut);
  const __m512i low = set1(job.low);
  const __m512i high = set1(job.high);
  std::size_t inside = 0;
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i words = _mm512_and_si512(load_packed(job.packed + 6 * i), cut);
    store(job.out + i, words);
    const __mmask8 accepted =
        _mm512_mask_cmplt_epu64_mask(_mm512_cmpge_epu64_mask(words, low), words, high);
    inside += static_cast<std::size_t>(__builtin_popcount(accepted));
  }
  return inside + portable::unpack_candidates(
                      {job.packed + 6 * i, job.count - i, job.cut, job.low, job.high, job.out + i});
}

void toss_coins(const std::uint8_t* coins, std::size_t count, std::int8_t* out) {
  const __m512i kept = set1((std::uint64_t{1} << 42) - 1);
  const __m512i second_half = set1(((std::uint64_t{1} << 21) - 1) << 21);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    // heads of the first half plus tails of the second is the difference of heads plus 21
    const __m512i bits = _mm512_srlv_epi64(load_coins(coins + 42 * i / 8),
                                           _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6));
    const __m512i tossed = _mm512_xor_si512(_mm512_and_si512(bits, kept), second_half);
    const __m512i noise = _mm512_sub_epi64(_mm512_popcnt_epi64(tossed), set1(21));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm512_cvtepi64_epi8(noise));
  }
  portable::toss_coins(coins + 42 * i / 8, count - i, out + i);
}

void place_slots(const PlaceSlots& job) {
  const __m512i t = set1(job.modulus);
  const __m512i equals = set1(static_cast<std::uint64_t>(job.equals));
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i value = _mm512_loadu_si512(job.values + i);
    const __m512i residue = _mm512_min_epu64(value, _mm512_add_epi64(value, t));  // [0, t)
    const __m512i equal = _mm512_maskz_set1_epi64(_mm512_cmpeq_epi64_mask(value, equals), 1);
    alignas(64) std::uint64_t slots[8];
    _mm512_store_si512(slots, job.indicator ? equal : residue);
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) job.message[job.places[i + k]] = slots[k];
  }
  PlaceSlots rest = job;
  rest.values += i;
  rest.count -= i;
  rest.places += i;
  portable::place_slots(rest);
}

void scale_words(const ScaleWords& job) {
  const __m512i t = set1(job.modulus);
  const __m512i factor = set1(job.factor);
  const __m512i quotient = set1(job.factor_quotient);
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    store(job.out + i, subtract_once(lazy_multiply(factor, quotient, load(job.words + i), t), t));
  }
  portable::scale_words(
      {job.count - i, job.modulus, job.factor, job.factor_quotient, job.words + i, job.out + i});
}

bool within(const std::int64_t* values, std::size_t count, std::int64_t limit) {
  const __m512i most = set1(static_cast<std::uint64_t>(limit));
  __mmask8 outside = 0;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m512i magnitude = _mm512_abs_epi64(_mm512_loadu_si512(values + i));  // [0, 2^63]
    outside = static_cast<__mmask8>(outside | _mm512_cmpgt_epu64_mask(magnitude, most));
  }
  return (outside == 0) & portable::within(values + i, count - i, limit);
}

}  // namespace cryptonet::he::arith::avx512ifma
