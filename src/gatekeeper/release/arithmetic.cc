// SPDX-License-Identifier: Apache-2.0
// Rounding once: the value is brought to an integer of at least 64 bits whose lowest bit is also
// set when anything below it was cut off ("sticky"), and that integer is rounded to 53 bits.
#include "gatekeeper/release/arithmetic.h"

#include <cmath>

namespace cryptonet::gatekeeper::release {
namespace {

constexpr int kDoubleBits = 53;
constexpr int kWorkingBits = 66;

int bit_length(const Integer& value) { return static_cast<int>(msb(value)) + 1; }

Integer shifted(const Integer& value, int bits) {
  return bits >= 0 ? Integer(value << static_cast<unsigned>(bits))
                   : Integer(value >> static_cast<unsigned>(-bits));
}

struct Quotient {
  Integer value;
  bool exact = true;
};

/// floor(numerator * 2^bits / denominator).
Quotient scaled_quotient(const Integer& numerator, const Integer& denominator, int bits) {
  const Integer top = bits >= 0 ? shifted(numerator, bits) : numerator;
  const Integer bottom = bits >= 0 ? denominator : shifted(denominator, -bits);
  Quotient quotient;
  Integer remainder;
  divide_qr(top, bottom, quotient.value, remainder);
  quotient.exact = remainder == 0;
  return quotient;
}

/// The double nearest to value * 2^-bits; `value` has more than 54 bits unless it is exact.
double rounded(const Quotient& quotient, int bits) {
  const int drop = bit_length(quotient.value) - kDoubleBits;
  if (drop <= 0) return std::ldexp(static_cast<double>(quotient.value), -bits);
  Integer mantissa = shifted(quotient.value, -drop);
  const Integer rest = quotient.value - shifted(mantissa, drop);
  const Integer half = Integer(1) << static_cast<unsigned>(drop - 1);
  const bool above = rest > half || (rest == half && !quotient.exact);
  const bool tie = rest == half && quotient.exact;
  if (above || (tie && bit_test(mantissa, 0))) ++mantissa;
  return std::ldexp(static_cast<double>(static_cast<std::uint64_t>(mantissa)), drop - bits);
}

}  // namespace

double nearest_ratio(const Integer& numerator, const Integer& denominator) {
  CHECK(denominator > 0);
  if (numerator == 0) return 0;
  const Integer size = abs(numerator);
  const int bits = kWorkingBits - (bit_length(size) - bit_length(denominator));
  const double value = rounded(scaled_quotient(size, denominator, bits), bits);
  return numerator < 0 ? -value : value;
}

double nearest_root(const Integer& numerator, const Integer& denominator) {
  CHECK(denominator > 0 && numerator >= 0);
  if (numerator == 0) return 0;
  // sqrt(n / d) = sqrt(floor(n * 4^k / d)) * 2^-k, up to what is cut off.
  const int k = kWorkingBits - (bit_length(numerator) - bit_length(denominator)) / 2;
  const Quotient square = scaled_quotient(numerator, denominator, 2 * k);
  Integer remainder;
  const Integer root = sqrt(square.value, remainder);
  return rounded({root, square.exact && remainder == 0}, k);
}

Integer power_of_ten(unsigned exponent) {
  Integer power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::string exact_text(const Integer& scaled, unsigned scale) {
  std::string digits = Integer(abs(scaled)).str();
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, ".");
  }
  return (scaled < 0 ? "-" : "") + digits;
}

}  // namespace cryptonet::gatekeeper::release
