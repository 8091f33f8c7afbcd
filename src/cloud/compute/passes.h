// SPDX-License-Identifier: Apache-2.0
// Which column pairs are worth computing together: a pass holds one column in the processor's cache
// while others stream by, so n pairs that share a column read n + 1 columns instead of 2n (GROUP
// BY, a row of a covariance matrix). Pure; any thread.
#pragma once

#include <span>
#include <vector>

#include "columns/format/totals.h"

namespace cryptonet::cloud::compute {

/// One column against several others. `positions[i]` is where the total of (value, others[i])
/// stands among the pairs that were asked for. No others: the sum of the column alone, at
/// positions[0].
struct Pass {
  std::uint32_t value = 0;
  std::vector<std::uint32_t> others;
  std::vector<std::size_t> positions;
};

/// Every pair in exactly one pass: the column with the most open pairs first.
std::vector<Pass> group_into_passes(std::span<const columns::format::ColumnPair> pairs);

}  // namespace cryptonet::cloud::compute
