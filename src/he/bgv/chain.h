// SPDX-License-Identifier: Apache-2.0
// The chain of levels of one BGV scheme, as Microsoft SEAL orders them. All primes q_0 … q_{L-1}
// together are the key level, where keys live; without the last one (the special prime, which only
// key switching uses) they are the first data level, and every switch of the modulus drops one
// more, down to the last whose primes exceed t together. With a single prime the key level is the
// only level. A level is named by the number of its
// primes, and in bytes by its id: BLAKE2b-256 over the words scheme (3), N, q_0 … , t. Immutable,
// so free to share between threads.
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "he/bgv/parameters.h"
#include "he/ring/ring.h"

namespace cryptonet::he::bgv {

/// Microsoft SEAL's parms_id.
using LevelId = std::array<std::uint8_t, 32>;

/// SEAL's id of a level with these parameters.
LevelId level_id(std::uint64_t ring_degree, std::span<const std::uint64_t> ciphertext_moduli,
                 std::uint64_t plaintext_modulus);

class Chain {
 public:
  /// The ciphertext moduli of `key_level` are all primes, the special one last. kBadInput when the
  /// ring cannot be made, or the data primes do not exceed t together.
  static base::Result<Chain> create(const BgvParameters& key_level);

  const BgvParameters& parameters() const { return parameters_; }
  const ring::Ring& ring() const { return ring_; }
  std::size_t ring_degree() const { return ring_.ring_degree(); }
  const arith::Modulus& plaintext_modulus() const { return plaintext_modulus_; }
  /// Primes of the key level, the special one included.
  std::size_t key_primes() const { return ring_.primes(); }
  /// Primes of the first data level.
  std::size_t data_primes() const { return key_primes() == 1 ? 1 : key_primes() - 1; }
  bool has_special_prime() const { return key_primes() > 1; }
  /// Primes of the last level.
  std::size_t last_primes() const { return last_primes_; }
  /// 1 <= primes <= key_primes().
  const LevelId& id(std::size_t primes) const { return ids_.at(primes - 1); }
  /// The number of primes of the level with this id; nothing for a stranger's.
  std::optional<std::size_t> primes_of(const LevelId& id) const;

  /// Divides a polynomial by prime `divisor` and keeps its value mod t: out = (c - d) / p with d =
  /// c mod p and d = 0 mod t, |d| < p * t. `words` are the residues modulo the first
  /// `primes` primes (divisor >= primes) in transformed form, in place; `last` is the residue
  /// modulo p, transformed, and is overwritten.
  void divide(std::span<std::uint64_t> words, std::size_t primes, std::span<std::uint64_t> last,
              std::size_t divisor) const;
  /// p^-1 mod t for prime `divisor`.
  std::uint64_t inverse_mod_t(std::size_t divisor) const { return inverses_mod_t_[divisor]; }
  /// The lift of m in [0, t) to the centred residue modulo a prime.
  std::uint64_t lift(std::uint64_t m, std::size_t prime) const;
  /// The transformed centred lift of a message, modulo the first `primes` primes; missing
  /// coefficients are zero.
  std::vector<std::uint64_t> lift_message(std::span<const std::uint64_t> message,
                                          std::size_t primes) const;

 private:
  Chain(const BgvParameters& parameters, ring::Ring ring);

  BgvParameters parameters_;
  ring::Ring ring_;
  arith::Modulus plaintext_modulus_;
  std::size_t last_primes_ = 1;
  std::vector<LevelId> ids_;                               ///< [primes - 1]
  std::vector<std::vector<arith::ShoupFactor>> inverses_;  ///< [divisor][prime]
  std::vector<std::uint64_t> inverses_mod_t_;              ///< [divisor]
};

}  // namespace cryptonet::he::bgv
