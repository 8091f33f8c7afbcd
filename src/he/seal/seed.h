// SPDX-License-Identifier: Apache-2.0
// Uniform polynomials from a seed of 64 bytes, as Microsoft SEAL expands the c_1 of a seeded
// ciphertext. Block k of the stream is 4096 bytes of the generator keyed with the seed, over k.
#pragma once

#include <array>

#include "he/bgv/chain.h"

namespace cryptonet::he::seal {

enum class SeedKind : std::uint8_t { kBlake2xb = 1, kShake256 = 2 };

struct Seed {
  SeedKind kind = SeedKind::kBlake2xb;
  std::array<std::uint8_t, 64> bytes{};
  bool operator==(const Seed&) const = default;
};

/// The words of the level of `primes` primes, prime-major, in transformed form.
void expand_seed(const Seed& seed, const bgv::Chain& chain, std::size_t primes,
                 std::span<std::uint64_t> words);

}  // namespace cryptonet::he::seal
