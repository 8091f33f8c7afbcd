// SPDX-License-Identifier: Apache-2.0
// Quotients are rounded up, so that every bound stays one.
#include "he/bgv/noise_bounds.h"

#include <algorithm>

#include "he/ring/sampling.h"

namespace cryptonet::he::bgv {
namespace {

Integer divide_up(const Integer& a, const Integer& b) { return (a + b - 1) / b; }

}  // namespace

NoiseBounds::NoiseBounds(const BgvParameters& key_level)
    : ring_degree_(key_level.ring_degree()),
      plaintext_modulus_(key_level.plaintext_modulus()),
      primes_(key_level.ciphertext_moduli().begin(), key_level.ciphertext_moduli().end()) {
  Integer product = 1;
  for (const std::uint64_t prime : primes_) {
    product *= prime;
    moduli_.push_back(product);
  }
}

Integer NoiseBounds::fresh_symmetric() const {
  return plaintext_modulus_ / 2 + plaintext_modulus_ * ring::kNoiseMax;
}

Integer NoiseBounds::fresh_public() const {
  return plaintext_modulus_ / 2 + plaintext_modulus_ * ring::kNoiseMax * (2 * ring_degree_ + 1);
}

Integer NoiseBounds::fresh_public_divided() const {
  const Integer zero = plaintext_modulus_ * ring::kNoiseMax * (2 * ring_degree_ + 1);
  return divide_up(zero, primes_.back()) + rounding(2) + plaintext_modulus_ / 2;
}

Integer NoiseBounds::sum(const Integer& a, const Integer& b, const BalancedFactors& factors) const {
  return a * factors.left + b * factors.right;
}

Integer NoiseBounds::plain_sum(const Integer& a) const { return a + plaintext_modulus_ / 2; }

Integer NoiseBounds::product(const Integer& a, const Integer& b) const {
  return ring_degree_ * a * b;
}

Integer NoiseBounds::plain_product(const Integer& a) const {
  return ring_degree_ * a * (plaintext_modulus_ / 2);
}

Integer NoiseBounds::rounding(std::size_t polynomials) const {
  Integer powers = 0;
  Integer power = 1;
  for (std::size_t i = 0; i < polynomials; ++i) {
    powers += power;
    power *= ring_degree_;
  }
  return (1 + plaintext_modulus_) * powers;
}

Integer NoiseBounds::switched(const Integer& a, std::size_t primes, std::size_t polynomials) const {
  return divide_up(a, primes_.at(primes - 1)) + rounding(polynomials);
}

Integer NoiseBounds::key_switched(const Integer& a, std::size_t primes) const {
  const std::uint64_t largest =
      *std::max_element(primes_.begin(), primes_.begin() + static_cast<std::ptrdiff_t>(primes));
  const Integer errors = Integer(ring::kNoiseMax) * primes * ring_degree_ * largest;
  return a + divide_up(errors * plaintext_modulus_, primes_.back()) + rounding(2);
}

bool NoiseBounds::admits(const Integer& bound, std::size_t primes) const {
  return 2 * bound < modulus(primes);
}

}  // namespace cryptonet::he::bgv
