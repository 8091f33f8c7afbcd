// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file_system.h"

namespace cryptonet::base {

Result<std::optional<FileLock>> FileLock::try_open(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) return local_io_error("open", path, errno);
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return std::optional(std::move(lock));
  if (errno == EWOULDBLOCK) return std::optional<FileLock>();
  return local_io_error("lock", path, errno);
}

Result<std::optional<FileLock>> FileLock::try_file(const std::filesystem::path& path) {
  return try_open(path, O_RDWR | O_CREAT);
}

Result<std::optional<FileLock>> FileLock::try_folder(const std::filesystem::path& path) {
  return try_open(path, O_RDONLY | O_DIRECTORY);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cryptonet::base
