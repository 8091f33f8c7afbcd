// SPDX-License-Identifier: Apache-2.0
// An exclusive flock on a file or a folder: it says that a live process works there, and the
// kernel takes it back when that process dies, however it dies. Movable; one thread.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"

namespace cryptonet::base {

class FileLock {
 public:
  /// Locks a file, made (mode 0600) when there is none. Nothing: another holder lives.
  static Result<std::optional<FileLock>> try_file(const std::filesystem::path& path);
  /// Locks a folder that exists.
  static Result<std::optional<FileLock>> try_folder(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  static Result<std::optional<FileLock>> try_open(const std::filesystem::path& path, int flags);
  int descriptor_;
};

}  // namespace cryptonet::base
