// SPDX-License-Identifier: Apache-2.0
// The key-dependent parts of totals of one unit. For a product of columns x and y that part is the
// sum of all words of
//   u_x*s_y + u_y*s_x + A2*s_x*s_y,
// which is N times the constant coefficient, and hints are there by coefficients. With s(1/X) for
// s, the constant coefficient of u*s is the sum of u_i*s_i: additions and subtractions, for s is
// ternary. s_x*s_y is a polynomial of small integers, by a transform over 16-bit numbers; its
// constant coefficient with A2 is one more weighted sum. For the sum of a column it is A1*s_x.
// Internal to columns/open; one thread, which spreads the work over a pool.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "base/threads.h"
#include "columns/format/totals.h"
#include "columns/open/column_secrets.h"
#include "columns/open/unit_hints.h"

namespace cryptonet::columns::open {

class KeyParts {
 public:
  /// Borrows all of them. `hints` are of the manifest whose secrets these are.
  KeyParts(ColumnSecrets& secrets, const he::ring::Ring& ring, UnitHints& hints,
           base::ThreadPool& pool)
      : secrets_(secrets), ring_(ring), hints_(hints), pool_(pool) {}
  /// In the order of the pairs, all of which the manifest has. kIntegrity when a hint does not
  /// match the manifest.
  base::Result<std::vector<format::Residues>> of(std::span<const format::ColumnPair> pairs);

 private:
  /// A pair, and its place in the answer.
  struct Job {
    format::ColumnPair pair;
    std::size_t position = 0;
  };
  /// The secret of a column in this round.
  struct Secret {
    std::shared_ptr<const ColumnSecrets::Coefficients> coefficients;
    std::shared_ptr<const ColumnSecrets::Transformed> transformed;  ///< where products need it
  };
  /// Each prime's sum of a polynomial's words with the weights.
  struct Use {
    const std::int8_t* weights = nullptr;
    format::Residues* sums = nullptr;
  };
  static std::span<const Job> next_round(std::span<const Job> jobs);
  base::Status run(std::span<const Job> round, std::vector<format::Residues>& parts);
  /// Derives the round's secrets, and reads the hints of masks.
  base::Status begin(std::span<const Job> round);
  /// The part of A1 or of A2.
  format::Residues part_of_masks(const format::ColumnPair& pair) const;
  void weigh(const std::uint8_t* piece, std::span<const Use> uses) const;

  ColumnSecrets& secrets_;
  const he::ring::Ring& ring_;
  UnitHints& hints_;
  base::ThreadPool& pool_;
  std::map<std::uint32_t, Secret> round_secrets_;
  ProvedPiece mask_sum_;
  ProvedPiece mask_squares_;
};

}  // namespace cryptonet::columns::open
