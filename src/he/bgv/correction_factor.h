// SPDX-License-Identifier: Apache-2.0
// How two ciphertexts of unequal correction factors are brought to one before they are added, as
// Microsoft SEAL does it.
#pragma once

#include <cstdint>

#include "he/arith/modulus.h"

namespace cryptonet::he::bgv {

/// left * f_left = right * f_right = common mod t, where f are the ciphertexts' correction factors.
struct BalancedFactors {
  std::uint64_t common = 1;
  std::uint64_t left = 1;
  std::uint64_t right = 1;
};

/// The pair of small centred multipliers that the extended Euclidean algorithm meets on the ratio
/// of both factors; they are applied as their residues in [0, t), so bounds must use those.
BalancedFactors balance_factors(std::uint64_t f_left, std::uint64_t f_right,
                                const arith::Modulus& t);

}  // namespace cryptonet::he::bgv
