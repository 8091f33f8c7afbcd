// SPDX-License-Identifier: Apache-2.0
// The parameter sets of masked columns, by the number that stands in every file. Smaller sets store
// fewer bytes per row and column and hold smaller totals; docs/maths/bounds.md has the figures of
// each.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "he/bgv/parameters.h"

namespace cryptonet::columns::format {

enum class ParameterSetId : std::uint8_t { kWide = 1, kNarrow = 2, kSums = 3 };

/// Residues of one number modulo each ciphertext prime; the entries past the set's prime count are
/// zero.
inline constexpr std::size_t kMaxPrimes = 3;
using Residues = std::array<std::uint64_t, kMaxPrimes>;
/// Check columns of one column, at most.
inline constexpr unsigned kMaxChecks = 2;

struct ParameterSet {
  ParameterSetId id;
  const char* name;  ///< "wide", "narrow" or "sums"
  he::bgv::BgvParameters bgv;
  /// Check columns per tagged column, each with an alpha of its own: 1 where t has at least 48
  /// bits.
  unsigned check_columns;
  std::uint64_t max_unit_rows;
  /// The mask chunk included; so that the bound of every total of a unit stays below q/8.
  unsigned max_unit_chunks;
  bool products = true;  ///< false: sums of single columns only; a product would pass the modulus

  std::size_t primes() const { return bgv.ciphertext_moduli().size(); }
  std::size_t ring_degree() const { return bgv.ring_degree(); }
  /// Bytes of one polynomial in packed form: primes * ring_degree six-byte words, prime-major.
  std::size_t packed_bytes() const { return primes() * ring_degree() * 6; }
};

/// The set with this number; kBadInput for a number that this version does not know.
base::Result<const ParameterSet*> find_parameter_set(std::uint8_t id);
/// The set with this name; nothing when there is none.
const ParameterSet* find_parameter_set(std::string_view name);
/// All sets, those with the largest totals first.
std::span<const ParameterSet* const> parameter_sets();
/// The default set: N = 8192, three 48-bit primes, 49-bit t; 18 bytes per row and column.
const ParameterSet& wide_set();
/// Products, smaller totals: N = 4096, two 48-bit primes, 32-bit t; 12 bytes, two checks.
const ParameterSet& narrow_set();
/// Sums of single columns only: N = 2048, one 48-bit prime, 32-bit t; 6 bytes, two checks.
const ParameterSet& sums_set();

}  // namespace cryptonet::columns::format
