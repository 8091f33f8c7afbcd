// SPDX-License-Identifier: Apache-2.0
// One unit of masked columns as the contributor makes it, with what the product wipes kept: the
// masks and the secrets. A chunk of a column is then a ciphertext (b, a) of Microsoft SEAL's.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "columns/format/parameter_set.h"
#include "he/bgv/ciphertext.h"

namespace cryptonet::seal_compat {

class MaskedUnit {
 public:
  /// Two columns of seeded rows in ±1000000, two chunks and the mask chunk.
  static MaskedUnit make(std::uint64_t seed);

  static constexpr std::size_t kColumns = 2;
  std::size_t chunks() const { return masks_.size(); }
  /// Ternary coefficients of a column's secret.
  std::vector<std::int8_t> secret(std::size_t column) const;
  /// The rows of a chunk in [0, t); zeros for the mask chunk.
  const std::vector<std::uint64_t>& rows(std::size_t column, std::size_t chunk) const {
    return rows_[column][chunk];
  }
  /// (b, a) at the first data level of a chain over the set's primes and one more.
  he::bgv::Ciphertext chunk(const he::bgv::Chain& chain, std::size_t column,
                            std::size_t chunk) const;
  /// Whether a square (c_0, c_1, c_2) of one chunk is what the product computes from: the sum of
  /// c_0 is the cloud's S_xx, c_1 twice the hint's part, c_2 the part of A2.
  base::Status check_square(const he::bgv::Ciphertext& square, std::size_t column,
                            std::size_t chunk) const;
  /// The total of a column, or of a product of two, over the whole unit: the cloud's numbers,
  /// completed with hints and secrets and lifted, as the gatekeeper does.
  std::int64_t total(std::size_t left, std::optional<std::size_t> right) const;

 private:
  using Words = std::vector<std::uint64_t>;  ///< prime-major
  explicit MaskedUnit(const columns::format::ParameterSet& set) : set_(set) {}
  std::size_t degree() const { return set_.ring_degree(); }

  columns::format::ParameterSet set_;
  std::vector<std::vector<Words>> rows_;          ///< [column][chunk]
  std::vector<std::vector<base::Bytes>> packed_;  ///< [column][chunk]
  std::vector<std::vector<Words>> hints_;         ///< [column][chunk]: a*b
  std::vector<Words> masks_;                      ///< [chunk]
  std::vector<Words> mask_squares_;               ///< [chunk]
  std::vector<Words> secrets_;                    ///< [column]
};

}  // namespace cryptonet::seal_compat
