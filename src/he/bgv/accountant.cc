// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/accountant.h"

#include "he/ring/sampling.h"

namespace cryptonet::he::bgv {

Integer product_of(std::span<const std::uint64_t> numbers) {
  Integer product = 1;
  for (const std::uint64_t number : numbers) product *= number;
  return product;
}

unsigned bits_of(const Integer& value) {
  const Integer magnitude = abs(value);
  return magnitude == 0 ? 0 : static_cast<unsigned>(msb(magnitude)) + 1;
}

Accountant::Accountant(const BgvParameters& parameters)
    : ring_degree_(parameters.ring_degree()),
      plaintext_modulus_(parameters.plaintext_modulus()),
      modulus_(product_of(parameters.ciphertext_moduli())) {}

Integer Accountant::fresh() const {
  return Integer((plaintext_modulus_ - 1) / 2) + Integer(plaintext_modulus_) * ring::kNoiseMax;
}

Integer Accountant::product(const Integer& a, const Integer& b) const {
  return Integer(ring_degree_) * a * b;
}

Integer Accountant::sum(const Integer& bound, std::uint64_t terms) const { return bound * terms; }

Integer Accountant::masked_total(std::uint64_t chunks, bool product_of_two) const {
  return sum(product_of_two ? product(fresh(), fresh()) : fresh(), chunks);
}

Integer Accountant::blinding_range() const { return modulus_ / (Integer(plaintext_modulus_) * 8); }

bool Accountant::admits_masked_total(const Integer& bound) const { return bound * 8 <= modulus_; }

}  // namespace cryptonet::he::bgv
