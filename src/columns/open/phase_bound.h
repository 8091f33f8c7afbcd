// SPDX-License-Identifier: Apache-2.0
// How large the phase of a total can be, for plans that must be refused before they run. Knows no
// key.
#pragma once

#include "columns/format/parameter_set.h"

namespace cryptonet::columns::open {

/// log2 of the phase bound of a pair (or of a single sum) over `chunks` chunks, rounded up; without
/// blinding.
unsigned phase_bound_bits(const format::ParameterSet& set, std::uint32_t chunks, bool product);
/// True when totals over `chunks` chunks may be blinded and opened: bound <= q/8.
bool admits_total(const format::ParameterSet& set, std::uint32_t chunks, bool product);

}  // namespace cryptonet::columns::open
