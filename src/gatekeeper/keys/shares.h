// SPDX-License-Identifier: Apache-2.0
// Shamir's sharing over GF(256) (libgfshare): n shares of a 32-byte key, of which any k give it
// back and fewer say nothing. A share as people hold it is one line:
//
//   cnshare1-ID-K-SET-VALUE-CHECK     ID and K decimal, the others hexadecimal (8, 32, 4 bytes)
//
// CHECK is the start of the SHA-256 of what stands before it: it finds slips of the pen, and is not
// meant against forgers. SET is random and the same in all shares that belong together.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::keys {

using ShareSet = std::array<std::uint8_t, 8>;

struct ShareCounts {
  std::uint32_t shares = 0;
  std::uint32_t threshold = 0;
};

struct Share {
  std::uint8_t id = 0;  ///< from 1
  std::uint8_t threshold = 0;
  ShareSet set{};
  base::Secret<32> value;
};

/// kBadInput unless 2 <= threshold <= shares <= 255.
base::Status check_counts(const ShareCounts& counts);
/// Shares 1 to counts.shares, from the system's randomness.
base::Result<std::vector<Share>> split(const base::Secret<32>& key, const ShareSet& set,
                                       const ShareCounts& counts);
/// The key, if the shares are of one set and enough; anything at all otherwise.
base::Secret<32> combine(std::span<const Share> shares);
/// kBadInput: a share of another set, the same one twice, or too few. `set` in hex.
base::Status check_together(std::span<const Share> shares, std::string_view set,
                            std::uint32_t threshold);

/// The share's line, without an end of line.
base::SecretVector<std::uint8_t> write_share(const Share& share);
/// kBadInput for anything that write_share would not write, but for white space around it and
/// capital letters. Never says where.
base::Result<Share> parse_share(base::ByteView text);

}  // namespace cryptonet::gatekeeper::keys
