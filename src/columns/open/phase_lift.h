// SPDX-License-Identifier: Apache-2.0
// From residues to a total in constant time: phase = N^-1 * (number of the cloud + key part) modulo
// every prime, lifted centred over q; the total is N * phase mod t. A phase holds the noise of
// every column that went into it, so neither branches nor addresses nor wide divisions depend on
// it: Garner's mixed radix with 64-bit limbs. Immutable, so free to share between threads.
#pragma once

#include <array>
#include <vector>

#include "columns/format/parameter_set.h"
#include "he/arith/modulus.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::open {

class PhaseLift {
 public:
  /// 192 bits, lowest limb first: three primes below 2^50 and room.
  using Limbs = std::array<std::uint64_t, 3>;
  struct Lifted {
    std::uint64_t inside = 0;  ///< 1 when |phase| <= bound, else 0
    std::uint64_t total =
        0;  ///< N * phase mod t, in [0, t); as secret as the phase when not inside
  };

  explicit PhaseLift(const format::ParameterSet& set);

  /// Precondition (checked): 0 <= bound < 2^192.
  static Limbs limbs_of(const he::bgv::Integer& bound);
  /// Any words in both.
  Lifted lift(const format::Residues& number, const format::Residues& key_part,
              const Limbs& bound) const;

 private:
  Limbs value_of(const format::Residues& residues) const;

  std::vector<he::arith::Modulus> primes_;
  he::arith::Modulus t_;
  std::vector<he::arith::ShoupFactor> degree_inverses_;
  /// inverses_[j][i]: q_i^-1 mod q_j for i < j.
  std::vector<std::vector<he::arith::ShoupFactor>> inverses_;
  he::arith::ShoupFactor degree_mod_t_;
  Limbs q_{};
  Limbs half_{};  ///< floor(q / 2)
};

}  // namespace cryptonet::columns::open
