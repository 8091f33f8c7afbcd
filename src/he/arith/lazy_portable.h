// SPDX-License-Identifier: Apache-2.0
// The two steps of which the portable kernels consist, for q < 2^61: values stay in [0, 2q) until
// somebody needs them in [0, q). Without branches.
#pragma once

#include "he/arith/modulus.h"

namespace cryptonet::he::arith::portable {

/// [0, 2m) to [0, m).
inline std::uint64_t subtract_once(std::uint64_t x, std::uint64_t m) {
  const std::uint64_t less = x - m;
  return less + (m & (0 - (less >> 63)));
}

/// w * y mod q in [0, 2q) for any y, with quotient = floor(w * 2^64 / q).
inline std::uint64_t lazy_multiply(std::uint64_t w, std::uint64_t quotient, std::uint64_t y,
                                   std::uint64_t q) {
  const auto estimate = static_cast<std::uint64_t>((Uint128{quotient} * y) >> 64);
  return w * y - estimate * q;
}

}  // namespace cryptonet::he::arith::portable
