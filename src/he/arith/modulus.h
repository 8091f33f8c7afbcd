// SPDX-License-Identifier: Apache-2.0
// Arithmetic modulo one q with 2 <= q < 2^61. Barrett: r = floor(2^128 / q) is kept, and x mod q is
// x - floor(x * r / 2^128) * q, less q at most once. Shoup: for a factor w used often,
// w' = floor(w * 2^64 / q) makes w * y mod q two multiplications. Constant time; immutable, so
// free to share between threads.
#pragma once

#include <cstdint>

namespace cryptonet::he::arith {

__extension__ typedef unsigned __int128 Uint128;
__extension__ typedef __int128 Int128;

inline constexpr unsigned kModulusBitsMax = 61;

/// A factor with its Shoup quotient.
struct ShoupFactor {
  std::uint64_t value = 0;     ///< < q
  std::uint64_t quotient = 0;  ///< floor(value * 2^64 / q)
};

class Modulus {
 public:
  /// Precondition (checked): 2 <= value < 2^61.
  explicit Modulus(std::uint64_t value);

  std::uint64_t value() const { return value_; }
  /// Number of bits of q.
  unsigned bits() const { return bits_; }

  std::uint64_t reduce(std::uint64_t x) const { return reduce(Uint128{x}); }
  std::uint64_t reduce(Uint128 x) const;
  /// x mod q in [0, q) for any signed x.
  std::uint64_t reduce_signed(std::int64_t x) const;
  /// a + b, a - b, -a, a * b for a, b in [0, q).
  std::uint64_t add(std::uint64_t a, std::uint64_t b) const { return subtract_once(a + b); }
  std::uint64_t subtract(std::uint64_t a, std::uint64_t b) const {
    return subtract_once(a + value_ - b);
  }
  std::uint64_t negate(std::uint64_t a) const { return subtract_once(value_ - a); }
  std::uint64_t multiply(std::uint64_t a, std::uint64_t b) const { return reduce(Uint128{a} * b); }
  std::uint64_t power(std::uint64_t base, std::uint64_t exponent) const;
  /// The inverse for a prime q; `a` must not be 0 mod q.
  std::uint64_t invert(std::uint64_t a) const;
  /// The representative in (-q/2, q/2] (q odd: symmetric).
  std::int64_t centre(std::uint64_t a) const;

  ShoupFactor shoup(std::uint64_t value) const;
  /// w * y mod q for any 64-bit y.
  std::uint64_t multiply(const ShoupFactor& w, std::uint64_t y) const {
    return subtract_once(lazy_multiply(w, y));
  }
  /// w * y mod q in [0, 2q) for any 64-bit y.
  std::uint64_t lazy_multiply(const ShoupFactor& w, std::uint64_t y) const {
    const auto estimate = static_cast<std::uint64_t>((Uint128{w.quotient} * y) >> 64);
    return w.value * y - estimate * value_;
  }

 private:
  /// [0, 2q) to [0, q) without a branch.
  std::uint64_t subtract_once(std::uint64_t x) const {
    const std::uint64_t less = x - value_;
    return less + (value_ & (0 - (less >> 63)));
  }

  std::uint64_t value_;
  std::uint64_t ratio_low_;   ///< floor(2^128 / q), low half
  std::uint64_t ratio_high_;  ///< and high half
  unsigned bits_;
};

}  // namespace cryptonet::he::arith
