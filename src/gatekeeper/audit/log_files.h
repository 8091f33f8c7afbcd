// SPDX-License-Identifier: Apache-2.0
// The files of the log as the log uses them: appended to, written over at a place, cut, made
// durable; replaceable, so that a disk that is full or fails is a test. The turn is a lock between
// processes: the serving gatekeeper and the custodian's commands write to one log.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "base/bytes.h"

namespace cryptonet::gatekeeper::audit {

/// Errors are kLocalIo.
class LogFile {
 public:
  virtual ~LogFile() = default;
  virtual base::Result<std::uint64_t> size() = 0;
  virtual base::Result<base::Bytes> read() = 0;
  virtual base::Status append(base::ByteView bytes) = 0;
  virtual base::Status write_at(std::uint64_t offset, base::ByteView bytes) = 0;
  virtual base::Status cut(std::uint64_t size) = 0;
  virtual base::Status sync() = 0;
};

class LogDisk {
 public:
  virtual ~LogDisk() = default;
  /// Makes it (mode 0600, durably) when there is none.
  virtual base::Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path) = 0;
};
LogDisk& real_log_disk();

/// The right to write, held while the object lives.
class Turn {
 public:
  /// Waits for another process that writes; kLocalIo (`audit.busy`) when it takes longer than
  /// `patience`.
  static base::Result<Turn> take(const std::filesystem::path& lock_file,
                                 std::chrono::milliseconds patience);
  Turn(Turn&& other) noexcept;
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Turn& operator=(Turn&&) = delete;
  ~Turn();

 private:
  explicit Turn(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// "0000000000000001.log": named after the first record in it.
std::string segment_name(std::uint64_t first_sequence);
/// First sequences of the segments in a folder, ascending. kIntegrity for a file ending in .log
/// with another name.
base::Result<std::vector<std::uint64_t>> list_segments(const std::filesystem::path& folder);

}  // namespace cryptonet::gatekeeper::audit
