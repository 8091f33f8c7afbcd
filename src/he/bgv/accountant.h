// SPDX-License-Identifier: Apache-2.0
// Worst-case bounds of phases, as exact integers (docs/maths/bounds.md). The phase of a ciphertext
// is what decryption lifts: as long as |phase| < q/2 the answer is right, always. N ring degree, t
// plaintext modulus; a message coefficient is centred, so at most (t-1)/2, and an error coefficient
// at most 21.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <span>

#include "he/bgv/parameters.h"

namespace cryptonet::he::bgv {

using Integer = boost::multiprecision::cpp_int;

/// The product of all numbers.
Integer product_of(std::span<const std::uint64_t> numbers);
/// The number of bits of |value|: 0 for 0; the least b with |value| < 2^b.
unsigned bits_of(const Integer& value);

class Accountant {
 public:
  explicit Accountant(const BgvParameters& parameters);

  /// q, the product of the ciphertext primes.
  const Integer& modulus() const { return modulus_; }
  /// A fresh encryption by secret key, or a masked column: (t-1)/2 + 21*t.
  Integer fresh() const;
  /// The product of two: N*a*b.
  Integer product(const Integer& a, const Integer& b) const;
  /// A sum of `terms` phases of the same bound.
  Integer sum(const Integer& bound, std::uint64_t terms) const;
  /// The largest phase of the masked-column total of one unit: terms chunks of fresh columns, or of
  /// products of two.
  Integer masked_total(std::uint64_t chunks, bool product_of_two) const;
  /// floor(q / 8t): how far the blinding of a total goes in multiples of t.
  Integer blinding_range() const;
  /// True when a total of this bound may be opened after blinding: bound <= q/8.
  bool admits_masked_total(const Integer& bound) const;

 private:
  std::uint64_t ring_degree_;
  std::uint64_t plaintext_modulus_;
  Integer modulus_;
};

}  // namespace cryptonet::he::bgv
