// SPDX-License-Identifier: Apache-2.0
// What travels without a secret: messages, ciphertexts, public and key-switching keys. A ciphertext
// of n polynomials c_0 … c_{n-1} under s holds the message f^-1 * [Σ c_i s^i]_q mod t, f its
// correction factor. Words are in transformed form, ordered polynomial, prime, place, as Microsoft
// SEAL stores them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "he/bgv/chain.h"

namespace cryptonet::he::bgv {

inline constexpr std::size_t kPolynomialsMin = 2;
inline constexpr std::size_t kPolynomialsMax = 16;

/// Coefficients in [0, t) of a message; those past the end are zero. At most N.
struct Message {
  std::vector<std::uint64_t> coefficients;
  bool operator==(const Message&) const = default;
  /// Without its zeros at the end (one coefficient stays): SEAL's form of what was decrypted.
  Message trimmed() const;
};

class Ciphertext {
 public:
  /// Zero words at the level of `primes` primes.
  Ciphertext(const Chain& chain, std::size_t primes, std::size_t polynomials)
      : words_(polynomials * primes * chain.ring_degree()),
        ring_degree_(chain.ring_degree()),
        primes_(primes),
        level_(chain.id(primes)) {
    CHECK(polynomials >= 1 && polynomials <= kPolynomialsMax);
  }

  const LevelId& level() const { return level_; }
  /// Primes of its level.
  std::size_t primes() const { return primes_; }
  std::size_t ring_degree() const { return ring_degree_; }
  std::size_t polynomials() const { return words_.size() / (primes_ * ring_degree_); }
  /// In [1, t).
  std::uint64_t correction_factor() const { return correction_factor_; }
  void set_correction_factor(std::uint64_t factor) { correction_factor_ = factor; }

  std::span<const std::uint64_t> words() const { return words_; }
  std::span<std::uint64_t> words() { return words_; }
  /// The words of one polynomial, every prime.
  std::span<const std::uint64_t> polynomial(std::size_t index) const {
    return words().subspan(index * primes_ * ring_degree_, primes_ * ring_degree_);
  }
  std::span<std::uint64_t> polynomial(std::size_t index) {
    return words().subspan(index * primes_ * ring_degree_, primes_ * ring_degree_);
  }
  std::span<const std::uint64_t> residue(std::size_t index, std::size_t prime) const {
    return words().subspan((index * primes_ + prime) * ring_degree_, ring_degree_);
  }
  std::span<std::uint64_t> residue(std::size_t index, std::size_t prime) {
    return words().subspan((index * primes_ + prime) * ring_degree_, ring_degree_);
  }
  /// True when it opens without a key, because every polynomial but c_0 is zero.
  bool is_transparent() const;
  bool operator==(const Ciphertext&) const = default;

 private:
  std::vector<std::uint64_t> words_;
  std::size_t ring_degree_;
  std::size_t primes_;
  LevelId level_;
  std::uint64_t correction_factor_ = 1;
};

/// (-(a*s + t*e), a) at the key level.
struct PublicKey {
  Ciphertext zero;
  bool operator==(const PublicKey&) const = default;
};

/// Keys that turn other secrets into s. keys[i] is empty, or one encryption of zero per data prime
/// at the key level, with P * s' added modulo that prime alone.
struct KeySwitchingKeys {
  std::vector<std::vector<Ciphertext>> keys;
  bool operator==(const KeySwitchingKeys&) const = default;
};

/// keys[power - 2] switches s^power.
struct RelinearisationKeys : KeySwitchingKeys {};
/// keys[(element - 1) / 2] switches s(X^element), element odd and below 2N; keys.size() == N.
struct GaloisKeys : KeySwitchingKeys {};

}  // namespace cryptonet::he::bgv
