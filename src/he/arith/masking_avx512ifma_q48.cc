// SPDX-License-Identifier: Apache-2.0
// AVX-512 with IFMA and VBMI, for ciphertext primes below 2^48: phase lift and masking. This file
// includes nothing with shared inline code (see kernels.h).
#include <immintrin.h>

#include "he/arith/kernels.h"
#include "he/arith/lazy_avx512ifma.h"
#include "he/arith/packed_avx512ifma.h"

namespace cryptonet::he::arith::avx512ifma {

void lift_phase(const PhaseLift& job) {
  const __m512i t = set1(job.plaintext_modulus);
  const __m512i half = set1(job.plaintext_modulus / 2);
  const __m512i q = set1(job.modulus);
  const __m512i offset = set1(job.offset);
  const __m512d inverse = _mm512_set1_pd(1.0 / static_cast<double>(job.modulus));
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i message = _mm512_loadu_si512(job.message + i);
    const __m512i noise =
        _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(job.noise + i)));
    const __m512i centred =
        _mm512_mask_sub_epi64(message, _mm512_cmpgt_epu64_mask(message, half), message, t);
    const __m512i x = _mm512_add_epi64(_mm512_add_epi64(centred, offset),
                                       _mm512_mullo_epi64(t, noise));  // [0, 2^57)
    // The quotient in double precision is off by less than 1, so the rest is in (-q, 2q).
    const __m512i estimate = _mm512_cvttpd_epu64(_mm512_mul_pd(_mm512_cvtepu64_pd(x), inverse));
    const __m512i rest = _mm512_sub_epi64(x, _mm512_mullo_epi64(estimate, q));
    const __m512i lifted = _mm512_min_epu64(rest, _mm512_add_epi64(rest, q));  // [0, 2q)
    _mm512_storeu_si512(job.out + i, subtract_once(lifted, q));
  }
  if (i < job.count) {
    PhaseLift rest = job;
    rest.count = job.count - i;
    rest.message += i;
    rest.noise += i;
    rest.out += i;
    portable::lift_phase(rest);
  }
}

void mask_column(const MaskColumn& job) {
  const __m512i q = set1(job.modulus);
  const __m512i two_q = set1(2 * job.modulus);
  std::size_t i = 0;
  for (; i + 8 <= job.count; i += 8) {
    const __m512i a = _mm512_loadu_si512(job.mask + i);
    const __m512i quotient = _mm512_srli_epi64(_mm512_loadu_si512(job.mask_quotients + i), 12);
    const __m512i s = _mm512_loadu_si512(job.secret + i);
    const __m512i psi = _mm512_loadu_si512(job.phase + i);
    const __m512i product = lazy_multiply(a, quotient, s, q);                        // [0, 2q)
    const __m512i lazy_b = _mm512_sub_epi64(_mm512_add_epi64(psi, two_q), product);  // (0, 3q)
    const __m512i b = subtract_once(subtract_once(lazy_b, two_q), q);                // [0, q)
    const __m512i added = subtract_once(lazy_multiply(a, quotient, b, q), q);        // [0, q)
    const __m512i hint = _mm512_add_epi64(_mm512_loadu_si512(job.hint + i), added);
    _mm512_storeu_si512(job.hint + i, subtract_once(hint, q));
    store_packed(job.packed + 6 * i, b);
  }
  if (i < job.count) {
    MaskColumn rest = job;
    rest.count = job.count - i;
    rest.phase += i;
    rest.mask += i;
    rest.mask_quotients += i;
    rest.secret += i;
    rest.hint += i;
    rest.packed += 6 * i;
    portable::mask_column(rest);
  }
}

}  // namespace cryptonet::he::arith::avx512ifma
