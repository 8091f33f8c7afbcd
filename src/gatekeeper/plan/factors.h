// SPDX-License-Identifier: Apache-2.0
// How a moment is made of stored columns: its factors (one or two values, each in one or more
// digits) and its cover (no, one or two families of indicators that carry its groups and
// conditions). Used by pass "encode", which turns both into column pairs.
#pragma once

#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {

/// A stored value: sum over the digits of 2^shift * column.
struct Factor {
  struct Digit {
    std::uint32_t column = 0;
    std::uint32_t shift = 0;
  };
  std::vector<Digit> digits;
};
/// At most two factors can be multiplied; more than two is not reachable.
std::vector<Factor> factors_of(const Draft& draft, const Moment& moment);

/// The codes that count, per dimension that a moment needs and that is no partition; every code
/// for a dimension that is only grouped by.
using Needs = std::map<std::uint32_t, CodeSet>;
Needs needs_of(const Draft& draft, const Moment& moment);
/// The same for the partition columns.
Needs partition_needs_of(const Draft& draft, const Moment& moment);

/// Positions in StoredLayout::families: none, one, or two of which one is paired.
using Cover = std::vector<std::uint32_t>;
/// Nothing when no cover reaches all needs beside this many factors.
std::optional<Cover> find_cover(const Draft& draft, const Needs& needs, const Moment& moment,
                                std::size_t factors);

/// The groups of each field of a family under a code, in the order of its fields.
std::vector<std::uint32_t> decode(const table::IndicatorFamily& family, std::uint32_t code);
std::uint32_t code_count(const table::IndicatorFamily& family);

/// The refusal of what cannot be reached, with the lines to add to the schema.
base::Error unreachable(const Draft& draft, const Moment& moment, const Needs& needs,
                        std::size_t factors);

}  // namespace cryptonet::gatekeeper::plan
