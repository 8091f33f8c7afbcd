// SPDX-License-Identifier: Apache-2.0
// The end of the log, found again on disk: the last segment is read and held against the heads that
// were signed. What a head was signed over was acknowledged, and must stand there unharmed; what
// comes after the newest head was never acknowledged, and is kept as far as it is sound. One
// thread, which holds the turn.
#pragma once

#include <vector>

#include "audit/exported.h"
#include "gatekeeper/audit/log_files.h"

namespace cryptonet::gatekeeper::audit {

struct Tail {
  std::uint64_t sequence = 0;  ///< of the last record
  base::Digest hash{};
  std::uint64_t segment = 1;  ///< first sequence of the last segment
  std::uint64_t size = 0;     ///< bytes of it
};

using cryptonet::audit::KnownHead;

struct FoundTail {
  Tail tail;
  std::uint64_t acknowledged_size = 0;  ///< bytes of the last segment that a head vouches for
  base::Bytes unacknowledged;           ///< sound records after them
  std::uint64_t file_size = 0;          ///< the rest of it was torn off by a crash
};

/// kIntegrity naming file, line and what is wrong with it.
base::Result<FoundTail> find_tail(LogDisk& disk, const std::filesystem::path& folder,
                                  const std::vector<KnownHead>& heads);

}  // namespace cryptonet::gatekeeper::audit
