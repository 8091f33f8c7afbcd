// SPDX-License-Identifier: Apache-2.0
// A signed head of the audit log: sequence and hash of its last record, the time, and an Ed25519
// signature over them (docs/formats/audit.md). Whoever keeps a head can tell later that the log
// still goes on from it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret_memory.h"

namespace cryptonet::audit {

inline constexpr std::size_t kMaxHeadBytes = 512;

struct Head {
  std::uint64_t sequence = 0;  ///< 0: nothing was recorded yet
  base::Digest hash{};
  std::string time;
  std::array<std::uint8_t, 32> key{};
  std::array<std::uint8_t, 64> signature{};
};

/// Signs for the log. Immutable once made; any thread.
class HeadSigner {
 public:
  explicit HeadSigner(const base::Secret<32>& seed);
  Head sign(std::uint64_t sequence, const base::Digest& hash, std::string time) const;
  const std::array<std::uint8_t, 32>& key() const { return key_; }

 private:
  base::Secret<64> secret_;
  std::array<std::uint8_t, 32> key_{};
};

/// One line of canonical JSON, without its end.
std::string write_head(const Head& head);
/// kIntegrity: `audit.head` when the text is no head in its one spelling or the signature is not
/// that of the key it names. Whose key that is, is for the caller to ask.
base::Result<Head> parse_head(std::string_view line);
/// Whether a line of an exported log is meant to be a head.
bool looks_like_head(std::string_view line);

}  // namespace cryptonet::audit
