// SPDX-License-Identifier: Apache-2.0
// Worst-case bounds of the phases of general BGV, as exact integers (docs/maths/bounds.md): what a
// phase can at most be after each operation of Evaluator, whatever the key, the messages and the
// randomness. A plan whose bound is not below q/2 at its last level is refused. N ring degree, t
// plaintext modulus; errors at most 21, secrets and encryption's own ternary draws at most 1.
#pragma once

#include "he/bgv/accountant.h"
#include "he/bgv/correction_factor.h"

namespace cryptonet::he::bgv {

class NoiseBounds {
 public:
  /// `key_level` as for Chain.
  explicit NoiseBounds(const BgvParameters& key_level);

  /// t/2 + 21*t: encrypted with the secret key.
  Integer fresh_symmetric() const;
  /// t/2 + 21*t*(2N+1): encrypted with the public key, at the data primes.
  Integer fresh_public() const;
  /// By the public key at the key level, then divided by the special prime: Microsoft SEAL's way.
  Integer fresh_public_divided() const;
  /// factors.left * a + factors.right * b; factors of 1 and 1 where both corrections are equal.
  Integer sum(const Integer& a, const Integer& b, const BalancedFactors& factors) const;
  /// a + t/2.
  Integer plain_sum(const Integer& a) const;
  /// N*a*b.
  Integer product(const Integer& a, const Integer& b) const;
  /// N*a*t/2.
  Integer plain_product(const Integer& a) const;
  /// Dividing by the last of `primes` primes: a/p + (1+t) * (1 + N + … + N^{polynomials-1}).
  Integer switched(const Integer& a, std::size_t primes, std::size_t polynomials) const;
  /// One key switch at the level of `primes` primes: a + 21*L*N*q_max*t/P + (1+t)*(1+N).
  Integer key_switched(const Integer& a, std::size_t primes) const;

  /// The product of the first `primes` primes.
  const Integer& modulus(std::size_t primes) const { return moduli_.at(primes - 1); }
  /// 2 * bound < q: decryption is right, always.
  bool admits(const Integer& bound, std::size_t primes) const;

 private:
  Integer rounding(std::size_t polynomials) const;

  Integer ring_degree_;
  Integer plaintext_modulus_;
  std::vector<std::uint64_t> primes_;
  std::vector<Integer> moduli_;  ///< [primes - 1]
};

}  // namespace cryptonet::he::bgv
