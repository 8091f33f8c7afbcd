// SPDX-License-Identifier: Apache-2.0
#include "columns/open/phase_lift.h"

#include "base/result.h"

namespace cryptonet::columns::open {
namespace {

using he::arith::Modulus;
using he::arith::Uint128;
using Limbs = PhaseLift::Limbs;

/// a - b and whether it went below zero (1 or 0).
struct Difference {
  Limbs limbs{};
  std::uint64_t borrow = 0;
};

Difference subtract(const Limbs& a, const Limbs& b) {
  Difference result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Uint128 difference = Uint128{a[i]} - b[i] - result.borrow;
    result.limbs[i] = static_cast<std::uint64_t>(difference);
    result.borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
  return result;
}

/// a * factor + addend; the caller knows that it stays below 2^192.
Limbs multiply_add(const Limbs& a, std::uint64_t factor, std::uint64_t addend) {
  Limbs result{};
  std::uint64_t carry = addend;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Uint128 product = Uint128{a[i]} * factor + carry;
    result[i] = static_cast<std::uint64_t>(product);
    carry = static_cast<std::uint64_t>(product >> 64);
  }
  return result;
}

/// `yes` where mask is all ones, `no` where it is zero.
std::uint64_t choose(std::uint64_t mask, std::uint64_t yes, std::uint64_t no) {
  return (yes & mask) | (no & ~mask);
}

}  // namespace

PhaseLift::PhaseLift(const format::ParameterSet& set) : t_(set.bgv.plaintext_modulus()) {
  const std::uint64_t degree = set.ring_degree();
  for (const std::uint64_t prime : set.bgv.ciphertext_moduli()) {
    const Modulus q(prime);
    degree_inverses_.push_back(q.shoup(q.invert(degree)));
    auto& row = inverses_.emplace_back();
    for (const Modulus& smaller : primes_) {
      row.push_back(q.shoup(q.invert(q.reduce(smaller.value()))));
    }
    primes_.push_back(q);
  }
  degree_mod_t_ = t_.shoup(t_.reduce(degree));
  const he::bgv::Integer q = he::bgv::product_of(set.bgv.ciphertext_moduli());
  q_ = limbs_of(q);
  half_ = limbs_of(q / 2);
}

Limbs PhaseLift::limbs_of(const he::bgv::Integer& bound) {
  CHECK(bound >= 0 && he::bgv::bits_of(bound) <= 64 * Limbs{}.size());
  Limbs limbs{};
  he::bgv::Integer rest = bound;
  for (std::uint64_t& limb : limbs) {
    limb = static_cast<std::uint64_t>(he::bgv::Integer(rest & ~std::uint64_t{0}));
    rest >>= 64;
  }
  return limbs;
}

Limbs PhaseLift::value_of(const format::Residues& residues) const {
  // digit_j = (...((r_j - d_0)/q_0 - d_1)/q_1 ...) mod q_j; the value is d_0 + q_0*(d_1 +
  // q_1*(...))
  std::array<std::uint64_t, format::kMaxPrimes> digits{};
  for (std::size_t j = 0; j < primes_.size(); ++j) {
    const Modulus& q = primes_[j];
    std::uint64_t digit = residues[j];
    for (std::size_t i = 0; i < j; ++i) {
      digit = q.multiply(inverses_[j][i], q.subtract(digit, q.reduce(digits[i])));
    }
    digits[j] = digit;
  }
  Limbs value{};
  for (std::size_t j = primes_.size(); j-- > 0;) {
    value = multiply_add(value, primes_[j].value(), digits[j]);
  }
  return value;
}

PhaseLift::Lifted PhaseLift::lift(const format::Residues& number, const format::Residues& key_part,
                                  const Limbs& bound) const {
  format::Residues residues{};
  for (std::size_t j = 0; j < primes_.size(); ++j) {
    const Modulus& q = primes_[j];
    residues[j] =
        q.multiply(degree_inverses_[j], q.add(q.reduce(number[j]), q.reduce(key_part[j])));
  }
  const Limbs value = value_of(residues);
  const std::uint64_t negative = 0 - subtract(half_, value).borrow;  // all ones or zero
  const Limbs mirrored = subtract(q_, value).limbs;
  Limbs magnitude{};
  for (std::size_t i = 0; i < value.size(); ++i) {
    magnitude[i] = choose(negative, mirrored[i], value[i]);
  }
  std::uint64_t residue = 0;
  for (std::size_t i = magnitude.size(); i-- > 0;) {
    residue = t_.reduce(Uint128{residue} << 64 | magnitude[i]);
  }
  residue = t_.multiply(degree_mod_t_, residue);
  return {1 ^ subtract(bound, magnitude).borrow, choose(negative, t_.negate(residue), residue)};
}

}  // namespace cryptonet::columns::open
