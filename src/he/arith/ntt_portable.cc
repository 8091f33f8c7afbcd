// SPDX-License-Identifier: Apache-2.0
// The negacyclic transform with Harvey's lazy butterflies (q < 2^62). Forward (Cooley-Tukey): words
// stay in [0, 4q) between stages. Inverse (Gentleman-Sande): words stay in [0, 2q). roots[i] =
// psi^brv(i), inverse_roots[i] = psi^-brv(i), brv over log2(degree) bits.
#include "he/arith/kernels.h"
#include "he/arith/lazy_portable.h"

namespace cryptonet::he::arith::portable {
void ntt_forward(std::uint64_t* words, const NttPlan& plan) {
  const std::uint64_t q = plan.modulus;
  const std::uint64_t two_q = 2 * q;
  for (std::size_t groups = 1, half = plan.degree / 2; half != 0; groups *= 2, half /= 2) {
    for (std::size_t group = 0; group < groups; ++group) {
      const std::uint64_t root = plan.roots[groups + group];
      const std::uint64_t quotient = plan.root_quotients[groups + group];
      std::uint64_t* upper = words + 2 * group * half;
      std::uint64_t* lower = upper + half;
      for (std::size_t i = 0; i < half; ++i) {
        const std::uint64_t u = subtract_once(upper[i], two_q);              // [0, 2q)
        const std::uint64_t v = lazy_multiply(root, quotient, lower[i], q);  // [0, 2q)
        upper[i] = u + v;                                                    // [0, 4q)
        lower[i] = u + two_q - v;                                            // (0, 4q)
      }
    }
  }
  for (std::size_t i = 0; i < plan.degree; ++i) {
    words[i] = subtract_once(subtract_once(words[i], two_q), q);  // [0, q)
  }
}

void ntt_inverse(std::uint64_t* words, const NttPlan& plan) {
  const std::uint64_t q = plan.modulus;
  const std::uint64_t two_q = 2 * q;
  for (std::size_t groups = plan.degree / 2, half = 1; groups != 0; groups /= 2, half *= 2) {
    for (std::size_t group = 0; group < groups; ++group) {
      const std::uint64_t root = plan.inverse_roots[groups + group];
      const std::uint64_t quotient = plan.inverse_root_quotients[groups + group];
      std::uint64_t* upper = words + 2 * group * half;
      std::uint64_t* lower = upper + half;
      for (std::size_t i = 0; i < half; ++i) {
        const std::uint64_t u = upper[i];                            // [0, 2q)
        const std::uint64_t v = lower[i];                            // [0, 2q)
        upper[i] = subtract_once(u + v, two_q);                      // [0, 2q)
        lower[i] = lazy_multiply(root, quotient, u + two_q - v, q);  // factor (0, 4q); [0, 2q)
      }
    }
  }
  for (std::size_t i = 0; i < plan.degree; ++i) {
    words[i] = subtract_once(
        lazy_multiply(plan.degree_inverse, plan.degree_inverse_quotient, words[i], q), q);
  }
}

}  // namespace cryptonet::he::arith::portable
