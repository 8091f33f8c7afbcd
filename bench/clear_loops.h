// SPDX-License-Identifier: Apache-2.0
// What the machine itself can do, in the same run: reading the same bytes, and the same totals over
// clear integers.
#pragma once

#include <cstdint>
#include <span>

namespace cryptonet::bench {

/// Reads every byte once (as 64-bit words; a rest below 64 bytes is left out), one buffer after the
/// other; six of one length side by side; or each buffer's six stretches side by side. All give the
/// same sum; which is fastest depends on the processor's prefetchers.
std::uint64_t read_in_turn(std::span<const std::span<const std::uint8_t>> buffers);
std::uint64_t read_side_by_side(std::span<const std::span<const std::uint8_t>> buffers);
std::uint64_t read_in_stretches(std::span<const std::span<const std::uint8_t>> buffers);
std::int64_t sum_clear(std::span<const std::int64_t> x);
std::int64_t dot_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> y);
/// totals[g] = sum of x where group == g; group values below totals.size().
void group_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> group,
                 std::span<std::int64_t> totals);

}  // namespace cryptonet::bench
