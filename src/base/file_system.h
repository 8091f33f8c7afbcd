// SPDX-License-Identifier: Apache-2.0
// The disk, replaceable so that full disks and torn writes are tests. Errors are kLocalIo and name
// the path and the system's reason. Durable means fsync of the file and of its folder.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/page_guard.h"

namespace cryptonet::base {

/// An open file that only grows.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status append(ByteView bytes) = 0;
  /// fsync.
  virtual Status sync() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Makes (mode e.g. 0600) or opens a file for appending. With `exclusive` an existing file is an
  /// error.
  virtual Result<std::unique_ptr<WritableFile>> open_append(const std::filesystem::path& path,
                                                            unsigned mode, bool exclusive) = 0;
  virtual Status rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// fsync of a folder, so that a rename in it survives a power cut.
  virtual Status sync_folder(const std::filesystem::path& folder) = 0;
  /// Makes the folder and its parents, durably; an existing one is fine.
  virtual Status make_folders(const std::filesystem::path& folder, unsigned mode) = 0;
  /// Removes a file or a whole tree; a missing one is fine.
  virtual Status remove_tree(const std::filesystem::path& path) = 0;
  /// Bytes that an ordinary user may still write on the path's file system.
  virtual Result<std::uint64_t> free_bytes(const std::filesystem::path& path) = 0;
};

/// The real disk.
FileSystem& real_file_system();

/// Writes `bytes` to a temporary file beside `path`, syncs it, renames it over `path` and syncs the
/// folder.
Status write_atomically(FileSystem& files, const std::filesystem::path& path, ByteView bytes,
                        unsigned mode);
/// The whole file; kBadInput when it is larger than `limit` bytes, kLocalIo when it cannot be read.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit);
/// kLocalIo with the path and errno's text.
Error local_io_error(const std::string& operation, const std::filesystem::path& path,
                     int error_number);

/// A file mapped read-only into memory for as long as the object lives. Where the file was cut
/// short or cannot be read, its bytes are zero and lost_pages() tells: ask after use.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  ByteView bytes() const { return {data_, size_}; }
  bool lost_pages() const { return guard_.has_value() && guard_->lost_pages(); }

 private:
  MappedFile(const std::uint8_t* data, std::size_t size, std::optional<PageGuard> guard)
      : data_(data), size_(size), guard_(std::move(guard)) {}
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::optional<PageGuard> guard_;  ///< of everything but an empty file
};

}  // namespace cryptonet::base
