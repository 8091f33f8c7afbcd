// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/correction_factor.h"

namespace cryptonet::he::bgv {
namespace {

std::uint64_t magnitude(std::uint64_t residue, std::uint64_t t) {
  return residue > t / 2 ? t - residue : residue;
}

}  // namespace

BalancedFactors balance_factors(std::uint64_t f_left, std::uint64_t f_right,
                                const arith::Modulus& t) {
  const std::uint64_t ratio = t.multiply(t.invert(f_left), f_right);
  std::uint64_t left = ratio;
  std::uint64_t right = 1;
  std::uint64_t least = magnitude(left, t.value()) + magnitude(right, t.value());
  // Remainders of t and the ratio; `factor` with ratio * factor = remainder mod t.
  std::uint64_t previous = t.value();
  std::uint64_t remainder = ratio;
  std::uint64_t previous_factor = 0;
  std::uint64_t factor = 1;
  while (remainder != 0) {
    const std::uint64_t quotient = previous / remainder;
    const std::uint64_t next = previous % remainder;
    const std::uint64_t next_factor =
        t.subtract(previous_factor, t.multiply(factor, t.reduce(quotient)));
    previous = remainder;
    remainder = next;
    previous_factor = factor;
    factor = next_factor;
    if (remainder == 0 || factor == 0) continue;
    const std::uint64_t sum = magnitude(remainder, t.value()) + magnitude(factor, t.value());
    if (sum < least) {
      least = sum;
      left = remainder;
      right = factor;
    }
  }
  return {t.multiply(left, f_left), left, right};
}

}  // namespace cryptonet::he::bgv
