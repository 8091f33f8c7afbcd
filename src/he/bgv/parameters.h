// SPDX-License-Identifier: Apache-2.0
// BGV parameters. A literal promises nothing; BgvParameters::create is the only way to the checked,
// immutable ones. N ring degree, q_j ciphertext primes, t plaintext prime, all = 1 mod 2N.
// Validation holds the table of the largest log2 of the whole modulus for uniform ternary secrets
// at 128 bits (Bossuat et al., eprint 2024/463): insecure is invalid. Toy parameters exist in tests
// only, behind an insecure_ name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace cryptonet::he::bgv {

inline constexpr std::size_t kCiphertextModuliMax = 18;

struct BgvParametersLiteral {
  std::uint64_t ring_degree = 0;
  std::vector<std::uint64_t> ciphertext_moduli;  ///< distinct primes below 2^50
  std::uint64_t plaintext_modulus = 0;           ///< a prime below 2^50, different from every q_j
};

class BgvParameters {
 public:
  static base::Result<BgvParameters> create(const BgvParametersLiteral& literal);

  std::uint64_t ring_degree() const { return literal_.ring_degree; }
  std::span<const std::uint64_t> ciphertext_moduli() const { return literal_.ciphertext_moduli; }
  std::uint64_t plaintext_modulus() const { return literal_.plaintext_modulus; }
  /// log2 of the product of the ciphertext primes, rounded up.
  unsigned modulus_bits() const;
  /// 128, 192 or 256: the largest class of the table that the parameters meet.
  unsigned security_bits() const;

  /// For tests: skips the security table (everything else is checked).
  static base::Result<BgvParameters> insecure_create(const BgvParametersLiteral& literal);

 private:
  explicit BgvParameters(BgvParametersLiteral literal) : literal_(std::move(literal)) {}
  BgvParametersLiteral literal_;
};

}  // namespace cryptonet::he::bgv
