// SPDX-License-Identifier: Apache-2.0
// RFC 7693's compression function with the parameter block of the BLAKE2X paper: a root of 64 bytes
// with the output's length in it, and one node per 64 bytes of output, hashed from the root.
#include "he/seal/blake2xb.h"

#include <algorithm>
#include <array>
#include <bit>

namespace cryptonet::he::seal {
namespace {

constexpr std::size_t kBlockBytes = 128;
constexpr std::size_t kDigestBytes = 64;
using Digest64 = std::array<std::uint8_t, kDigestBytes>;

constexpr std::array<std::uint64_t, 8> kStart = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint8_t kOrder[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                         {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                         {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                         {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                         {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                         {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                         {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                         {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                         {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

/// The fields that differ between root and nodes; the rest of the block is zero.
struct Parameters {
  std::uint8_t digest_bytes;
  std::uint8_t key_bytes;
  std::uint8_t fanout;
  std::uint8_t depth;
  std::uint32_t leaf_bytes;
  std::uint32_t node;
  std::uint32_t out_bytes;
  std::uint8_t inner_bytes;
};

void mix(std::uint64_t* v, std::array<std::uint8_t, 4> at, std::uint64_t x, std::uint64_t y) {
  auto& a = v[at[0]];
  auto& b = v[at[1]];
  auto& c = v[at[2]];
  auto& d = v[at[3]];
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

class Blake2b {
 public:
  explicit Blake2b(const Parameters& p) : h_(kStart) {
    h_[0] ^= p.digest_bytes | std::uint64_t{p.key_bytes} << 8 | std::uint64_t{p.fanout} << 16 |
             std::uint64_t{p.depth} << 24 | std::uint64_t{p.leaf_bytes} << 32;
    h_[1] ^= p.node | std::uint64_t{p.out_bytes} << 32;
    h_[2] ^= std::uint64_t{p.inner_bytes} << 8;  // node depth 0
  }

  /// Hashes all of `bytes` (at most 2^64) and gives the whole state.
  Digest64 hash(base::ByteView bytes) {
    std::uint64_t done = 0;
    do {
      const std::size_t size = std::min<std::size_t>(bytes.size(), kBlockBytes);
      std::array<std::uint64_t, 16> block{};
      for (std::size_t i = 0; i < size; ++i) {
        block[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
      }
      bytes = bytes.subspan(size);
      done += size;
      compress(block, done, bytes.empty());
    } while (!bytes.empty());
    Digest64 digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
      digest[i] = static_cast<std::uint8_t>(h_[i / 8] >> (8 * (i % 8)));
    }
    return digest;
  }

 private:
  void compress(const std::array<std::uint64_t, 16>& m, std::uint64_t done, bool last) {
    std::array<std::uint64_t, 16> v{};
    std::copy(h_.begin(), h_.end(), v.begin());
    std::copy(kStart.begin(), kStart.end(), v.begin() + 8);
    v[12] ^= done;
    if (last) v[14] = ~v[14];
    for (std::size_t round = 0; round < 12; ++round) {
      const auto& s = kOrder[round % 10];
      mix(v.data(), {0, 4, 8, 12}, m[s[0]], m[s[1]]);
      mix(v.data(), {1, 5, 9, 13}, m[s[2]], m[s[3]]);
      mix(v.data(), {2, 6, 10, 14}, m[s[4]], m[s[5]]);
      mix(v.data(), {3, 7, 11, 15}, m[s[6]], m[s[7]]);
      mix(v.data(), {0, 5, 10, 15}, m[s[8]], m[s[9]]);
      mix(v.data(), {1, 6, 11, 12}, m[s[10]], m[s[11]]);
      mix(v.data(), {2, 7, 8, 13}, m[s[12]], m[s[13]]);
      mix(v.data(), {3, 4, 9, 14}, m[s[14]], m[s[15]]);
    }
    for (std::size_t i = 0; i < h_.size(); ++i) h_[i] ^= v[i] ^ v[i + 8];
  }

  std::array<std::uint64_t, 8> h_;
};

}  // namespace

void blake2xb(base::ByteView key, base::ByteView message, std::span<std::uint8_t> out) {
  CHECK(key.size() <= kDigestBytes && !out.empty() && out.size() < 0xFFFFFFFF);
  const auto out_bytes = static_cast<std::uint32_t>(out.size());
  base::Bytes keyed(key.begin(), key.end());
  if (!key.empty()) keyed.resize(kBlockBytes);  // the key is the first block
  keyed.insert(keyed.end(), message.begin(), message.end());
  Blake2b root({kDigestBytes, static_cast<std::uint8_t>(key.size()), 1, 1, 0, 0, out_bytes, 0});
  const Digest64 inner = root.hash(keyed);
  for (std::uint32_t node = 0; !out.empty(); ++node) {
    const std::size_t size = std::min<std::size_t>(out.size(), kDigestBytes);
    Blake2b leaf(
        {static_cast<std::uint8_t>(size), 0, 0, 0, kDigestBytes, node, out_bytes, kDigestBytes});
    const Digest64 digest = leaf.hash(inner);
    std::copy_n(digest.begin(), size, out.begin());
    out = out.subspan(size);
  }
}

}  // namespace cryptonet::he::seal
