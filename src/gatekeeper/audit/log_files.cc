// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/audit/log_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <thread>

#include "base/file_system.h"

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::size_t kSegmentDigits = 16;
constexpr std::string_view kSegmentEnd = ".log";
/// Far above the size at which a segment is left for the next.
constexpr std::uint64_t kMaxSegmentBytes = std::uint64_t{256} << 20;

class PosixLogFile final : public LogFile {
 public:
  PosixLogFile(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  PosixLogFile(const PosixLogFile&) = delete;
  PosixLogFile& operator=(const PosixLogFile&) = delete;
  ~PosixLogFile() override { ::close(descriptor_); }

  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return base::local_io_error("stat", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }
  Result<base::Bytes> read() override { return base::read_file(path_, kMaxSegmentBytes); }
  Status append(base::ByteView bytes) override {
    CN_ASSIGN(const std::uint64_t end, size());
    return write_at(end, bytes);
  }
  Status write_at(std::uint64_t offset, base::ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return base::local_io_error("write", path_, errno);
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return base::ok();
  }
  Status cut(std::uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      return base::local_io_error("cut", path_, errno);
    }
    return base::ok();
  }
  Status sync() override {
    if (::fdatasync(descriptor_) != 0) return base::local_io_error("fsync", path_, errno);
    return base::ok();
  }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

class PosixLogDisk final : public LogDisk {
 public:
  Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path) override {
    std::error_code code;
    const bool there = std::filesystem::exists(path, code);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return base::local_io_error("open", path, errno);
    std::unique_ptr<LogFile> file = std::make_unique<PosixLogFile>(descriptor, path);
    if (!there) CN_RETURN_IF_ERROR(base::real_file_system().sync_folder(path.parent_path()));
    return file;
  }
};
}  // namespace

LogDisk& real_log_disk() {
  static PosixLogDisk disk;
  return disk;
}

Result<Turn> Turn::take(const std::filesystem::path& lock_file,
                        std::chrono::milliseconds patience) {
  const int descriptor = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return base::local_io_error("open", lock_file, errno);
  Turn turn(descriptor);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return base::local_io_error("lock", lock_file, errno);
    }
    if (std::chrono::steady_clock::now() >= until) {
      return Error(
          ErrorCode::kLocalIo, "audit.busy",
          "another process has held the audit log for " + std::to_string(patience.count()) + " ms",
          "end the other cryptonet-gatekeeper command, and try again");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return turn;
}

Turn::Turn(Turn&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Turn::~Turn() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string segment_name(std::uint64_t first_sequence) {
  std::string digits = std::to_string(first_sequence);
  digits.insert(0, kSegmentDigits - digits.size(), '0');
  return digits + std::string(kSegmentEnd);
}

Result<std::vector<std::uint64_t>> list_segments(const std::filesystem::path& folder) {
  std::vector<std::uint64_t> found;
  std::error_code code;
  std::filesystem::directory_iterator entries(folder, code);
  if (code) return base::local_io_error("read the folder", folder, code.value());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kSegmentEnd)) continue;
    std::uint64_t first = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), first);
    if (parsed.ec != std::errc() || first == 0 || name.size() != kSegmentDigits + 4 ||
        segment_name(first) != name) {
      return Error(ErrorCode::kIntegrity, "audit.segment_name",
                   "this file is no part of the audit log: a part is named after its first record",
                   "move it away, if you know where it came from")
          .at(entry.path().string());
    }
    found.push_back(first);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace cryptonet::gatekeeper::audit
