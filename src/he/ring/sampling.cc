// SPDX-License-Identifier: Apache-2.0
// Every sampler draws its bytes in blocks that are wiped afterwards.
#include "he/ring/sampling.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/declassify.h"
#include "base/secret_memory.h"
#include "he/arith/dispatch.h"

namespace cryptonet::he::ring {
namespace {

constexpr std::size_t kBlockBytes =
    6144;  // a multiple of 1 to 8 (but 5 and 7, which leave a rest) and of 16

/// Stack bytes that are wiped when they go.
struct Block {
  std::array<std::uint8_t, kBlockBytes + 8> bytes{};
  Block() = default;
  ~Block() { base::wipe(bytes.data(), bytes.size()); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
};

/// Candidates of six bytes, which a kernel unpacks.
constexpr std::size_t kPackedWidth = 6;

void sample_from(KeyStream& stream, std::uint64_t low, const arith::Modulus& q,
                 std::span<std::uint64_t> out) {
  const std::size_t width = (q.bits() + 7) / 8;
  const std::uint64_t cut = (std::uint64_t{1} << q.bits()) - 1;
  Block block;
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::size_t wanted = std::min(out.size() - filled, kBlockBytes / width);
    const auto words = out.subspan(filled, wanted);
    stream.fill(std::span(block.bytes).first(wanted * width));
    const auto accepted = [&](std::uint64_t word) {
      return static_cast<std::size_t>(word >= low) & static_cast<std::size_t>(word < q.value());
    };
    std::size_t taken = 0;
    if (width == kPackedWidth) {
      taken = arith::kernels().unpack_candidates(
          {block.bytes.data(), wanted, cut, low, q.value(), words.data()});
    } else {
      for (std::size_t i = 0; i < wanted; ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, block.bytes.data() + i * width, sizeof(word));  // the rest is cut away
        words[i] = word & cut;
        taken += accepted(words[i]);
      }
    }
    // Public: which candidates are thrown away says nothing of those that stay.
    if (base::declassified(taken) == wanted) {
      filled += wanted;
      continue;
    }
    for (const std::uint64_t word : words) {
      out[filled] = word;  // overwritten by the next candidate when it is refused
      filled += base::declassified(accepted(word));
    }
  }
}

}  // namespace

void sample_uniform(KeyStream& stream, const arith::Modulus& q, std::span<std::uint64_t> out) {
  sample_from(stream, 0, q, out);
}

void sample_uniform_nonzero(KeyStream& stream, const arith::Modulus& q,
                            std::span<std::uint64_t> out) {
  sample_from(stream, 1, q, out);
}

void sample_noise(KeyStream& stream, std::span<std::int8_t> out) {
  Block block;
  for (std::size_t start = 0; start < out.size(); start += kBlockBytes / 6) {
    const std::size_t count = std::min(out.size() - start, kBlockBytes / 6);
    stream.fill(std::span(block.bytes).first(6 * count));
    arith::kernels().toss_coins(block.bytes.data(), count, out.data() + start);
  }
}

void sample_ternary(KeyStream& stream, std::span<std::int8_t> out) {
  Block block;
  for (std::size_t start = 0; start < out.size(); start += kBlockBytes / 16) {
    const std::size_t count = std::min(out.size() - start, kBlockBytes / 16);
    stream.fill(std::span(block.bytes).first(16 * count));
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t low = 0;
      std::uint64_t high = 0;
      std::memcpy(&low, block.bytes.data() + 16 * i, 8);
      std::memcpy(&high, block.bytes.data() + 16 * i + 8, 8);
      // floor(3 * r / 2^128) for the 128-bit number r
      const arith::Uint128 upper = arith::Uint128{high} * 3 + ((arith::Uint128{low} * 3) >> 64);
      out[start + i] = static_cast<std::int8_t>(static_cast<int>(upper >> 64) - 1);
    }
  }
}

}  // namespace cryptonet::he::ring
