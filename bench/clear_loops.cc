// SPDX-License-Identifier: Apache-2.0
#include "bench/clear_loops.h"

#include <array>
#include <cstring>

namespace cryptonet::bench {

std::uint64_t read_memory(std::span<const std::uint8_t> bytes) {
  std::array<std::uint64_t, 8> sums{};
  for (std::size_t at = 0; at + 64 <= bytes.size(); at += 64) {
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), bytes.data() + at, 64);
    for (std::size_t i = 0; i < 8; ++i) sums[i] += words[i];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

std::int64_t sum_clear(std::span<const std::int64_t> x) {
  std::int64_t sum = 0;
  for (const std::int64_t value : x) sum += value;
  return sum;
}

std::int64_t dot_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> y) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

void group_clear(std::span<const std::int64_t> x, std::span<const std::int64_t> group,
                 std::span<std::int64_t> totals) {
  for (std::size_t i = 0; i < x.size(); ++i) totals[static_cast<std::size_t>(group[i])] += x[i];
}

}  // namespace cryptonet::bench
