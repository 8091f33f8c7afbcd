// SPDX-License-Identifier: Apache-2.0
// The key-dependent parts of totals of one unit. For a product of columns x and y that part is the
// sum of all words of
//   u_x*s_y + u_y*s_x + A2*s_x*s_y = u_x*s_y + g*s_x   with  g = u_y + A2*s_y,
// and the sum of the words of g*s_x is N times the constant coefficient of that product: with g as
// coefficients, additions and subtractions of words, for s_x is ternary. So one side of a pair, the
// pivot y, costs two transforms a prime, and the other none; a total and its checks share the pivot
// and differ in the other side. For sums g is A1, which all columns share. Internal to
// columns/open; one thread, which spreads the work over a pool.
#pragma once

#include <map>
#include <optional>
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
  /// A pair as it is worked on; the pivot of a sum is kNoColumn.
  struct Job {
    std::uint32_t pivot = 0;
    std::uint32_t other = 0;
    std::size_t position = 0;  ///< in the answer
  };
  /// What the pairs of one pivot share.
  struct Pivot {
    std::shared_ptr<const he::ring::NttPoly> kept;  ///< s_y from before
    std::shared_ptr<he::ring::NttPoly> fresh;       ///< or as it is made; neither for sums
    he::ring::NttPoly folded;                       ///< g by its coefficients
    const he::ring::NttPoly& secret() const { return kept != nullptr ? *kept : *fresh; }
  };
  static std::vector<Job> arrange(std::span<const format::ColumnPair> pairs);
  static std::span<const Job> next_round(std::span<const Job> jobs);
  /// Makes the pivots of a round and gives those that are new.
  std::vector<std::uint32_t> renew_pivots(std::span<const Job> round);
  base::Status run(std::span<const Job> round, std::vector<format::Residues>& parts);
  /// Reads what pivots need, and derives all secrets.
  base::Status begin(std::span<const Job> round);
  /// Folds the hints of new pivots, and reads all others.
  base::Status fold(std::span<const Job> round, const std::vector<std::uint32_t>& fresh);
  void fold(std::uint32_t column, std::size_t prime);
  std::uint64_t part(const Job& job, std::size_t prime);

  ColumnSecrets& secrets_;
  const he::ring::Ring& ring_;
  UnitHints& hints_;
  base::ThreadPool& pool_;
  std::map<std::uint32_t, Pivot> pivots_;
};

}  // namespace cryptonet::columns::open
