// SPDX-License-Identifier: Apache-2.0
#include "bench/clear_loops.h"

#include <array>
#include <cstring>

namespace cryptonet::bench {
namespace {

/// The sum of `Streams` buffers of one length, as 64-bit words, read side by side.
template <std::size_t Streams>
std::uint64_t read_streams(const std::span<const std::uint8_t>* buffers) {
  std::array<std::uint64_t, 8> sums{};
  for (std::size_t at = 0; at + 64 <= buffers[0].size(); at += 64) {
    for (std::size_t s = 0; s < Streams; ++s) {
      std::array<std::uint64_t, 8> words;
      std::memcpy(words.data(), buffers[s].data() + at, 64);
      for (std::size_t i = 0; i < 8; ++i) sums[i] += words[i];
    }
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

}  // namespace

std::uint64_t read_in_turn(std::span<const std::span<const std::uint8_t>> buffers) {
  std::uint64_t sum = 0;
  for (const auto& buffer : buffers) sum += read_streams<1>(&buffer);
  return sum;
}

std::uint64_t read_side_by_side(std::span<const std::span<const std::uint8_t>> buffers) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 6 <= buffers.size(); at += 6) sum += read_streams<6>(&buffers[at]);
  for (; at + 2 <= buffers.size(); at += 2) sum += read_streams<2>(&buffers[at]);
  if (at < buffers.size()) sum += read_streams<1>(&buffers[at]);
  return sum;
}

std::uint64_t read_in_stretches(std::span<const std::span<const std::uint8_t>> buffers) {
  constexpr std::size_t kStretches = 6;
  std::uint64_t sum = 0;
  for (const auto& buffer : buffers) {
    const std::size_t bytes = buffer.size() / (64 * kStretches) * 64;
    std::array<std::span<const std::uint8_t>, kStretches> stretches;
    for (std::size_t s = 0; s < kStretches; ++s) stretches[s] = buffer.subspan(s * bytes, bytes);
    sum += read_streams<kStretches>(stretches.data());
    const auto rest = buffer.subspan(kStretches * bytes);
    sum += read_streams<1>(&rest);
  }
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
