// SPDX-License-Identifier: Apache-2.0
// What the random tests of this folder share: reproducible randomness, random primes, logarithms of
// exact integers.
#pragma once

#include <cmath>
#include <cstdlib>
#include <random>

#include "base/randomness.h"
#include "he/arith/prime.h"
#include "he/bgv/accountant.h"

namespace cryptonet::assurance {

/// Reproducible bytes.
class SeededRandomness final : public base::Randomness {
 public:
  explicit SeededRandomness(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

/// What CRYPTONET_ASSURANCE_TIMES multiplies the work by: 1 where it is not set.
inline std::size_t times() {
  const char* text = std::getenv("CRYPTONET_ASSURANCE_TIMES");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

/// A prime = 1 mod 2 * degree of about so many bits, none of `taken`.
inline std::uint64_t draw_prime(std::mt19937_64& engine, std::size_t degree, std::uint64_t bits,
                                const std::vector<std::uint64_t>& taken) {
  for (;;) {
    const std::uint64_t drawn = engine() >> (64 - bits) | std::uint64_t{1} << (bits - 1);
    const std::uint64_t candidate = drawn / (2 * degree) * 2 * degree + 1;
    const bool fresh = std::find(taken.begin(), taken.end(), candidate) == taken.end();
    if (fresh && he::arith::is_prime(candidate)) return candidate;
  }
}

/// log2 |value|; 0 for 0.
inline double log2_of(const he::bgv::Integer& value) {
  if (value == 0) return 0;
  const unsigned bits = he::bgv::bits_of(value);
  const unsigned dropped = bits > 60 ? bits - 60 : 0;
  const he::bgv::Integer highest = abs(value) >> dropped;
  return dropped + std::log2(static_cast<double>(static_cast<std::uint64_t>(highest)));
}

}  // namespace cryptonet::assurance
