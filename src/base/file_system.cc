// SPDX-License-Identifier: Apache-2.0
// POSIX files. A short write is retried; every other failure is reported with errno's text.
#include "base/file_system.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cryptonet::base {
namespace {

class PosixFile final : public WritableFile {
 public:
  PosixFile(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }

  Status append(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return local_io_error("write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return ok();
  }

  Status sync() override {
    if (::fsync(descriptor_) != 0) return local_io_error("fsync", path_, errno);
    return ok();
  }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> open_append(const std::filesystem::path& path,
                                                    unsigned mode, bool exclusive) override {
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (exclusive ? O_EXCL : 0);
    const int descriptor = ::open(path.c_str(), flags, mode);
    if (descriptor < 0) return local_io_error("open", path, errno);
    return std::unique_ptr<WritableFile>(std::make_unique<PosixFile>(descriptor, path));
  }

  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return local_io_error("rename to", to, errno);
    return ok();
  }

  Status sync_folder(const std::filesystem::path& folder) override {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return local_io_error("open folder", folder, errno);
    const int synced = ::fsync(descriptor);
    const int reason = errno;
    ::close(descriptor);
    if (synced != 0) return local_io_error("fsync folder", folder, reason);
    return ok();
  }

  Status make_folders(const std::filesystem::path& folder, unsigned mode) override {
    std::filesystem::path so_far;
    for (const auto& part : folder) {
      so_far /= part;
      if (::mkdir(so_far.c_str(), mode) == 0) {
        const std::filesystem::path parent = so_far.parent_path();
        CN_RETURN_IF_ERROR(sync_folder(parent.empty() ? "." : parent));
      } else if (errno != EEXIST) {
        return local_io_error("make folder", so_far, errno);
      }
    }
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) return local_io_error("make folder", folder, errno);
    if (!S_ISDIR(info.st_mode)) return local_io_error("make folder", folder, ENOTDIR);
    return ok();
  }

  Status remove_tree(const std::filesystem::path& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return local_io_error("remove", path, code.value());
    return ok();
  }

  Result<std::uint64_t> free_bytes(const std::filesystem::path& path) override {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return local_io_error("statvfs", path, errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static PosixFileSystem files;
  return files;
}

Error local_io_error(const std::string& operation, const std::filesystem::path& path, int number) {
  Error error(ErrorCode::kLocalIo, "disk", "cannot " + operation + ": " + std::strerror(number),
              number == ENOSPC ? "free some space and run it again" : "");
  return std::move(error).at(path.string());
}

Status write_atomically(FileSystem& files, const std::filesystem::path& path, ByteView bytes,
                        unsigned mode) {
  std::filesystem::path temporary = path;
  temporary += ".partial." + std::to_string(::getpid());
  const auto write = [&]() -> Status {
    CN_RETURN_IF_ERROR(files.remove_tree(temporary));
    CN_ASSIGN(const auto file, files.open_append(temporary, mode, true));
    CN_RETURN_IF_ERROR(file->append(bytes));
    return file->sync();
  };
  if (Status written = write(); !written.ok()) {
    static_cast<void>(files.remove_tree(temporary).ok());
    return written;
  }
  CN_RETURN_IF_ERROR(files.rename(temporary, path));
  const std::filesystem::path folder = path.parent_path();
  return files.sync_folder(folder.empty() ? "." : folder);
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return local_io_error("open", path, errno);
  Bytes bytes;
  std::array<std::uint8_t, 65536> piece{};
  while (true) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      ::close(descriptor);
      return local_io_error("read", path, reason);
    }
    if (count == 0) break;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + count);
    if (bytes.size() > limit) {
      ::close(descriptor);
      return Error(ErrorCode::kBadInput, "file.too_large",
                   "the file is larger than the limit of " + std::to_string(limit) + " bytes")
          .at(path.string());
    }
  }
  ::close(descriptor);
  return bytes;
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return local_io_error("open", path, errno);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) {
    const int reason = errno;
    ::close(descriptor);
    return local_io_error("stat", path, reason);
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(descriptor);
    return MappedFile(nullptr, 0, std::nullopt);
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int reason = errno;
  ::close(descriptor);
  if (data == MAP_FAILED) return local_io_error("map", path, reason);
  auto guard = PageGuard::cover(data, size);
  if (!guard.has_value()) {
    ::munmap(data, size);
    return local_io_error("map", path, ENOMEM);
  }
  return MappedFile(static_cast<const std::uint8_t*>(data), size, std::move(guard));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      guard_(std::exchange(other.guard_, std::nullopt)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(guard_, other.guard_);
  return *this;
}

MappedFile::~MappedFile() {
  guard_.reset();
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace cryptonet::base
