// SPDX-License-Identifier: Apache-2.0
#include "columns/format/parameter_set.h"

#include <string>

namespace cryptonet::columns::format {

const ParameterSet& wide_set() {
  static const ParameterSet set = {
      ParameterSetId::kWide,
      "wide",
      *he::bgv::BgvParameters::create(
          {8192, {281474976694273, 281474976546817, 281474976317441}, 562949952847873}),
      1,
      std::uint64_t{1} << 32,
      1U << 19};
  return set;
}

// The primes of both smaller sets are the largest that are 1 modulo 2N below 2^48 and 2^32.

const ParameterSet& narrow_set() {
  static const ParameterSet set = {
      ParameterSetId::kNarrow,
      "narrow",
      *he::bgv::BgvParameters::create({4096, {281474976694273, 281474976636929}, 4294828033}),
      2,
      std::uint64_t{1} << 20,
      (1U << 8) + 1};  // 283 chunks would still fit
  return set;
}

const ParameterSet& sums_set() {
  static const ParameterSet set = {
      ParameterSetId::kSums,
      "sums",
      *he::bgv::BgvParameters::create({2048, {281474976694273}, 4294955009}),
      2,
      std::uint64_t{1} << 19,
      (1U << 8) + 1,  // 381 chunks would still fit
      false};
  return set;
}

std::span<const ParameterSet* const> parameter_sets() {
  static const std::array<const ParameterSet*, 3> sets = {&wide_set(), &narrow_set(), &sums_set()};
  return sets;
}

base::Result<const ParameterSet*> find_parameter_set(std::uint8_t id) {
  for (const ParameterSet* set : parameter_sets()) {
    if (id == static_cast<std::uint8_t>(set->id)) return set;
  }
  return base::Error(base::ErrorCode::kBadInput, "format.parameter_set",
                     "parameter set " + std::to_string(id) + " is not known to this program",
                     "use a newer cryptonet");
}

const ParameterSet* find_parameter_set(std::string_view name) {
  for (const ParameterSet* set : parameter_sets()) {
    if (name == set->name) return set;
  }
  return nullptr;
}

}  // namespace cryptonet::columns::format
