// SPDX-License-Identifier: Apache-2.0
// The parameter sets of masked columns, by the number that stands in every file. Only `wide` is
// written so far.
#pragma once

#include <array>
#include <cstdint>

#include "he/bgv/parameters.h"

namespace cryptonet::columns::format {

enum class ParameterSetId : std::uint8_t { kWide = 1 };

/// Residues of one number modulo each ciphertext prime; the entries past the set's prime count are
/// zero.
inline constexpr std::size_t kMaxPrimes = 3;
using Residues = std::array<std::uint64_t, kMaxPrimes>;

struct ParameterSet {
  ParameterSetId id;
  const char* name;  ///< "wide"
  he::bgv::BgvParameters bgv;
  unsigned check_columns;       ///< twins per tagged column: 1 where t has at least 48 bits
  std::uint64_t max_unit_rows;  ///< 2^32 for wide
  unsigned max_unit_chunks;  ///< the mask chunk included; 2^19 for wide, so that pair bounds stay
                             ///< below q/8

  std::size_t primes() const { return bgv.ciphertext_moduli().size(); }
  std::size_t ring_degree() const { return bgv.ring_degree(); }
  /// Bytes of one polynomial in packed form: primes * ring_degree six-byte words, prime-major.
  std::size_t packed_bytes() const { return primes() * ring_degree() * 6; }
};

/// The set with this number; kBadInput for a number that this version does not know.
base::Result<const ParameterSet*> find_parameter_set(std::uint8_t id);
/// The default set: N = 8192, three 48-bit primes, 49-bit t.
const ParameterSet& wide_set();

}  // namespace cryptonet::columns::format
