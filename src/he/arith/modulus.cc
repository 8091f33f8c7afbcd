// SPDX-License-Identifier: Apache-2.0
// Barrett reduction of 128 bits: r = floor(2^128 / q) falls short of 2^128 / q by less than 1, so
// the estimate floor(x * r / 2^128) falls short of floor(x / q) by at most 1: the remainder is in
// [0, 2q).
#include "he/arith/modulus.h"

#include <bit>

#include "base/result.h"

namespace cryptonet::he::arith {

Modulus::Modulus(std::uint64_t value) : value_(value) {
  CHECK(value >= 2 && value < (std::uint64_t{1} << kModulusBitsMax));
  bits_ = static_cast<unsigned>(std::bit_width(value));
  // floor(2^128 / q) from floor((2^128 - 1) / q): they differ only when q divides 2^128.
  Uint128 ratio = ~Uint128{0} / value;
  if (std::has_single_bit(value)) ++ratio;
  ratio_low_ = static_cast<std::uint64_t>(ratio);
  ratio_high_ = static_cast<std::uint64_t>(ratio >> 64);
}

std::uint64_t Modulus::reduce(Uint128 x) const {
  const auto low = static_cast<std::uint64_t>(x);
  const auto high = static_cast<std::uint64_t>(x >> 64);
  const Uint128 low_high = Uint128{low} * ratio_high_;
  const Uint128 high_low = Uint128{high} * ratio_low_;
  const auto carry = static_cast<std::uint64_t>((Uint128{low} * ratio_low_) >> 64);
  const Uint128 middle =
      Uint128{static_cast<std::uint64_t>(low_high)} + static_cast<std::uint64_t>(high_low) + carry;
  const std::uint64_t estimate = high * ratio_high_ + static_cast<std::uint64_t>(low_high >> 64) +
                                 static_cast<std::uint64_t>(high_low >> 64) +
                                 static_cast<std::uint64_t>(middle >> 64);
  return subtract_once(low - estimate * value_);  // [0, 2q)
}

std::uint64_t Modulus::reduce_signed(std::int64_t x) const {
  const std::uint64_t sign = 0 - (static_cast<std::uint64_t>(x) >> 63);
  const std::uint64_t magnitude = (static_cast<std::uint64_t>(x) ^ sign) - sign;
  const std::uint64_t residue = reduce(magnitude);
  const std::uint64_t negated = negate(residue);
  return (residue & ~sign) | (negated & sign);
}

std::uint64_t Modulus::power(std::uint64_t base, std::uint64_t exponent) const {
  std::uint64_t result = reduce(std::uint64_t{1});
  std::uint64_t square = reduce(base);
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

std::uint64_t Modulus::invert(std::uint64_t a) const {
  CHECK(reduce(a) != 0);
  return power(a, value_ - 2);
}

std::int64_t Modulus::centre(std::uint64_t a) const {
  const std::uint64_t above = 0 - ((value_ / 2 - a) >> 63);
  return static_cast<std::int64_t>(a - (value_ & above));
}

ShoupFactor Modulus::shoup(std::uint64_t value) const {
  // floor(value * 2^64 / q) = floor(value * floor(2^128/q) / 2^64), corrected upward at most once.
  const Uint128 scaled = Uint128{value} * ratio_high_ +
                         static_cast<std::uint64_t>((Uint128{value} * ratio_low_) >> 64);
  auto quotient = static_cast<std::uint64_t>(scaled);
  // remainder of value * 2^64 - quotient * q, taken mod 2^64; it is in [0, 2q)
  const std::uint64_t remainder = 0 - quotient * value_;
  quotient += 1 ^ ((remainder - value_) >> 63);
  return {value, quotient};
}

}  // namespace cryptonet::he::arith
