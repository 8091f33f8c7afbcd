// SPDX-License-Identifier: Apache-2.0
// The newest signed heads on disk: two slots of one file, written in turn and in place, so that a
// torn write spoils the slot that nothing was promised on, and a full disk does not stop it. One
// thread.
//
// Layout: twice a head's line (docs/formats/audit.md), spaces up to 511 bytes, a line end.
#pragma once

#include <optional>

#include "audit/head.h"
#include "gatekeeper/audit/log_files.h"

namespace cryptonet::gatekeeper::audit {

using cryptonet::audit::Head;

class HeadSlots {
 public:
  static base::Result<HeadSlots> open(LogDisk& disk, const std::filesystem::path& path);
  /// Reads both slots: the newest head that is sound; nothing when none is.
  base::Result<std::optional<Head>> newest();
  /// Whether the file still holds what was read or written here last.
  base::Result<bool> unchanged();
  /// Durable when it returns. The other slot keeps what it had.
  base::Status write(const Head& head);

 private:
  explicit HeadSlots(std::unique_ptr<LogFile> file) : file_(std::move(file)) {}
  std::unique_ptr<LogFile> file_;
  base::Bytes known_;
  std::size_t next_ = 0;  ///< the slot that does not hold the newest
};

}  // namespace cryptonet::gatekeeper::audit
