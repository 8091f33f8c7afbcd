// SPDX-License-Identifier: Apache-2.0
// Primality below 2^61, and primitive roots of unity of an order that is a power of two.
#pragma once

#include <cstdint>
#include <optional>

#include "he/arith/modulus.h"

namespace cryptonet::he::arith {

/// Miller-Rabin with the twelve first primes as bases, which decides every 64-bit number.
bool is_prime(std::uint64_t value);
/// The numerically smallest primitive root of unity of order 2 * degree modulo the prime q, for
/// `degree` a power of two; nothing when q is not 1 mod 2 * degree. Costs `degree` multiplications.
std::optional<std::uint64_t> smallest_primitive_root(const Modulus& q, std::uint64_t degree);

}  // namespace cryptonet::he::arith
