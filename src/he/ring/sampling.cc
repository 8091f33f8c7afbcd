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

/// Five ternary digits are one of 3^5 = 243 words, so a byte below that is five uniform ones.
constexpr std::size_t kTritsPerByte = 5;
constexpr unsigned kTernaryWords = 243;
/// Coefficients that are cut from one array of bytes.
constexpr std::size_t kTernaryRun = 8192;
static_assert(kTernaryRun / kTritsPerByte < kBlockBytes);

/// Takes the lowest digit of each byte, less 1. One digit of all bytes at a time, without a table:
/// that is what the compiler turns into vectors.
void split_trits(std::uint8_t* bytes, std::size_t count, std::int8_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned third = bytes[i] * 171U >> 9;  // exact below 256
    out[i] = static_cast<std::int8_t>(static_cast<int>(bytes[i] - 3 * third) - 1);
    bytes[i] = static_cast<std::uint8_t>(third);
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
  constexpr std::size_t kCoins = 2 * kNoiseMax;
  constexpr std::size_t kRun = 1024;  // whole bytes, and whole blocks of the stream
  static_assert(kCoins * kRun / 8 <= kBlockBytes && kCoins * kRun % 128 == 0);
  Block block;
  for (std::size_t start = 0; start < out.size(); start += kRun) {
    const std::size_t count = std::min(out.size() - start, kRun);
    stream.fill(std::span(block.bytes).first((kCoins * count + 7) / 8));
    arith::kernels().toss_coins(block.bytes.data(), count, out.data() + start);
  }
}

void sample_ternary(KeyStream& stream, std::span<std::int8_t> out) {
  Block block;
  for (std::size_t start = 0; start < out.size(); start += kTernaryRun) {
    const auto run = out.subspan(start, std::min(out.size() - start, kTernaryRun));
    const std::size_t count = (run.size() + kTritsPerByte - 1) / kTritsPerByte;
    std::uint8_t* const kept = block.bytes.data();
    std::array<std::uint8_t, kTernaryRun / kTritsPerByte + 1> accepted;
    for (std::size_t filled = 0; filled < count;) {
      const std::size_t drawn = count - filled;
      const std::uint8_t* const candidates = kept + filled;
      stream.fill({kept + filled, drawn});
      for (std::size_t i = 0; i < drawn; ++i) {
        accepted[i] = static_cast<std::uint8_t>(candidates[i] < kTernaryWords);
      }
      // Public: which candidates are thrown away says nothing of those that stay.
      base::declassify(accepted.data(), drawn);
      for (std::size_t i = 0; i < drawn; ++i) {
        kept[filled] = candidates[i];  // overwritten by the next candidate when it is refused
        filled += accepted[i];
      }
    }
    for (std::size_t at = 0; at < run.size(); at += count) {
      split_trits(kept, std::min(count, run.size() - at), run.data() + at);
    }
  }
}

}  // namespace cryptonet::he::ring
