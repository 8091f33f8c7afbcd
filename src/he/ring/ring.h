// SPDX-License-Identifier: Apache-2.0
// R_q = Z_q[X]/(X^N + 1) for q a product of primes, as one residue polynomial per prime. NttPoly
// holds a ring element in transformed form, prime-major; products of such elements are word by
// word. Its memory is wiped on release, because masks, secrets and phases live in it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/secret_memory.h"
#include "he/ntt/ntt_table.h"

namespace cryptonet::he::ring {

class Ring {
 public:
  /// kBadInput unless every prime suits NttTable and all differ.
  static base::Result<Ring> create(std::size_t ring_degree, std::span<const std::uint64_t> primes);

  std::size_t ring_degree() const { return tables_.front().ring_degree(); }
  std::size_t primes() const { return tables_.size(); }
  const arith::Modulus& modulus(std::size_t prime) const { return tables_[prime].modulus(); }
  const ntt::NttTable& table(std::size_t prime) const { return tables_[prime]; }
  /// primes() * ring_degree().
  std::size_t words() const { return primes() * ring_degree(); }

 private:
  explicit Ring(std::vector<ntt::NttTable> tables) : tables_(std::move(tables)) {}
  std::vector<ntt::NttTable> tables_;
};

/// A ring element in transformed form; zero at first.
class NttPoly {
 public:
  NttPoly() = default;
  explicit NttPoly(const Ring& ring) : words_(ring.words()), ring_degree_(ring.ring_degree()) {}
  /// The words of one prime.
  std::span<std::uint64_t> residue(std::size_t prime) {
    return words_.span().subspan(prime * ring_degree_, ring_degree_);
  }
  std::span<const std::uint64_t> residue(std::size_t prime) const {
    return words_.span().subspan(prime * ring_degree_, ring_degree_);
  }
  std::span<std::uint64_t> words() { return words_.span(); }
  std::span<const std::uint64_t> words() const { return words_.span(); }
  void wipe() { base::wipe(words_.data(), words_.size() * sizeof(std::uint64_t)); }

 private:
  base::SecretVector<std::uint64_t> words_;
  std::size_t ring_degree_ = 0;
};

/// The transform of small signed coefficients; coefficients.size() == ring_degree() and every prime
/// above 127 (checked).
NttPoly transform_signed(const Ring& ring, std::span<const std::int8_t> coefficients);

}  // namespace cryptonet::he::ring
