// SPDX-License-Identifier: Apache-2.0
// What the machine itself can do, in the same run: reading the same bytes, and the same totals over
// clear integers.
#pragma once

#include <cstdint>
#include <span>

namespace cryptonet::bench {

/// Reads every byte once (as 64-bit words; a rest below 64 bytes is left out).
std::uint64_t read_memory(std::span<const std::uint8_t> bytes);
std::int64_t sum_clear(std::span<const std::int64_t> x);
std::int64_t dot_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> y);
/// totals[g] = sum of x where group == g; group values below totals.size().
void group_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> group,
                 std::span<std::int64_t> totals);

}  // namespace cryptonet::bench
