// SPDX-License-Identifier: Apache-2.0
// A library to preload (LD_PRELOAD) into the real programs: every call that changes the disk below
// one folder is a boundary, and at the chosen one the process dies by SIGKILL or the disk fails.
// The programs need no code for this, and no boundary can be forgotten.
//
//   FAILPOINT_ROOT     the folder; calls on other paths pass through
//   FAILPOINT_CONTROL  a file of kControlBytes, shared with the test that arms it (struct Control)
//   FAILPOINT_TRACE    optional: a file to which every boundary is appended when it has succeeded,
//                      "kind<TAB>path<TAB>second path<TAB>length", from which the test undoes what
//                      a power cut may undo
//
// Calls of several threads are counted by one atomic counter. No allocation, no locks.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum Mode : std::uint32_t { kBefore = 1, kAfter = 2, kTorn = 3, kDiskFull = 4, kDiskError = 5 };

constexpr std::size_t kControlBytes = 8192;

/// Layout shared with failpoints.py.
struct Control {
  std::atomic<std::int64_t> countdown;  ///< acts on the boundary that takes it from 1 to 0
  std::atomic<std::uint32_t> mode;
  std::atomic<std::uint32_t> acted;  ///< 1 once it has
  std::atomic<std::int64_t> seen;    ///< matching boundaries so far
  char match[232];                   ///< "kind path" must contain it, or end so: "end$"
  char what[1024];                   ///< "kind path" of the boundary acted upon
};
static_assert(offsetof(Control, match) == 24 && offsetof(Control, what) == 256);
static_assert(sizeof(Control) <= kControlBytes);

Control* control = nullptr;
const char* root = nullptr;
std::size_t root_size = 0;
int trace = -1;

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
#define CN_REAL(name) static const auto next = real<decltype(&::name)>(#name)

[[gnu::constructor]] void start() {
  root = std::getenv("FAILPOINT_ROOT");
  const char* path = std::getenv("FAILPOINT_CONTROL");
  if (root == nullptr || path == nullptr) return;
  root_size = std::strlen(root);
  const int file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0));
  void* memory = ::mmap(nullptr, kControlBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::syscall(SYS_close, file);
  if (memory == MAP_FAILED) std::abort();
  control = static_cast<Control*>(memory);
  const char* trace_path = std::getenv("FAILPOINT_TRACE");
  if (trace_path == nullptr) return;
  trace = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

[[noreturn]] void die() {
  ::syscall(SYS_kill, ::getpid(), SIGKILL);
  while (true) ::pause();
}

/// One call at a boundary.
class Boundary {
 public:
  Boundary(const char* kind, int folder, const char* path) : kind_(kind) {
    if (control == nullptr || path == nullptr) return;
    if (path[0] == '/' || folder == AT_FDCWD) {
      absolute(path);
    } else {
      of_descriptor(folder);
      const std::size_t size = std::strlen(path_.data());
      std::snprintf(path_.data() + size, path_.size() - size, "/%s", path);
    }
    count();
  }
  Boundary(const char* kind, int descriptor) : kind_(kind) {
    if (control == nullptr) return;
    of_descriptor(descriptor);
    count();
  }

  /// The failure to return instead of calling; 0: call.
  int before(bool may_tear = false) const {
    if (mode_ == kBefore || (mode_ == kTorn && !may_tear)) die();
    if (mode_ == kDiskFull) return ENOSPC;
    if (mode_ == kDiskError) return EIO;
    return 0;
  }
  bool tears() const { return mode_ == kTorn; }
  void after(bool succeeded, const char* second = "", std::int64_t length = 0) const {
    const int kept = errno;
    if (counts_ && succeeded && trace >= 0) note(second, length);
    if (mode_ == kAfter) die();
    errno = kept;
  }

 private:
  void absolute(const char* path) {
    if (path[0] == '/') {
      std::snprintf(path_.data(), path_.size(), "%s", path);
      return;
    }
    if (::syscall(SYS_getcwd, path_.data(), path_.size()) < 0) path_[0] = 0;
    const std::size_t size = std::strlen(path_.data());
    std::snprintf(path_.data() + size, path_.size() - size, "/%s", path);
  }
  void of_descriptor(int descriptor) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const auto size = ::syscall(SYS_readlinkat, AT_FDCWD, link, path_.data(), path_.size() - 1);
    path_[size < 0 ? 0 : static_cast<std::size_t>(size)] = 0;
  }
  void count() {
    const char next = path_[root_size];
    counts_ = std::strncmp(path_.data(), root, root_size) == 0 && (next == '/' || next == 0);
    if (!counts_) return;
    char text[1024] = {};
    std::snprintf(text, sizeof text, "%s %.*s", kind_, 1000, path_.data());
    if (!matches(text)) return;
    control->seen.fetch_add(1);
    if (control->countdown.load() <= 0 || control->countdown.fetch_sub(1) != 1) return;
    std::memcpy(control->what, text, sizeof text);
    control->acted.store(1);
    mode_ = control->mode.load();
  }
  static bool matches(const char* text) {
    const char* match = control->match;
    const std::size_t size = std::strlen(match);
    if (size == 0) return true;
    if (match[size - 1] != '$') return std::strstr(text, match) != nullptr;
    const std::size_t rest = std::strlen(text);
    return rest >= size - 1 && std::strncmp(text + rest - (size - 1), match, size - 1) == 0;
  }
  void note(const char* second, std::int64_t length) const {
    char line[2 * PATH_MAX + 64];
    const int size = std::snprintf(line, sizeof line, "%s\t%s\t%s\t%lld\n", kind_, path_.data(),
                                   second, static_cast<long long>(length));
    ::syscall(SYS_write, trace, line, static_cast<std::size_t>(size));
  }

  const char* kind_;
  std::array<char, PATH_MAX> path_{};
  std::uint32_t mode_ = 0;
  bool counts_ = false;
};

int failed(int number) {
  errno = number;
  return -1;
}

bool is_there(int folder, const char* path) {
  struct stat info {};
  const int kept = errno;
  const bool there = ::syscall(SYS_newfstatat, folder, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
  errno = kept;
  return there;
}

/// The common shape: die or fail before, call, die after.
template <typename Call>
auto at(const Boundary& boundary, Call call, const char* second = "") -> decltype(call()) {
  if (const int failure = boundary.before(); failure != 0) return failed(failure);
  const auto result = call();
  boundary.after(result >= 0, second);
  return result;
}

template <typename Write>
ssize_t write_at(int file, std::size_t size, Write write) {
  const Boundary boundary("write", file);
  if (const int failure = boundary.before(true); failure != 0) return failed(failure);
  if (boundary.tears()) {
    write(size / 2);
    die();
  }
  const ssize_t written = write(size);
  boundary.after(written >= 0, "", written);
  return written;
}

/// Counted only when the test asks for it: servers send all the time.
template <typename Send>
ssize_t send_at(Send send) {
  if (control == nullptr || std::strncmp(control->match, "send", 4) != 0) return send();
  char path[PATH_MAX];
  std::snprintf(path, sizeof path, "%s/socket", root);
  return at(Boundary("send", AT_FDCWD, path), send);
}

/// Opening makes a boundary when it makes a file or empties one.
template <typename Open>
int open_at(int folder, const char* path, int flags, Open open) {
  const bool changes =
      (flags & O_TRUNC) != 0 || ((flags & O_CREAT) != 0 && !is_there(folder, path));
  if (!changes) return open();
  return at(Boundary("create", folder, path), open);
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

#define CN_OPEN(name)                                                               \
  int name(const char* path, int flags, ...) {                                      \
    CN_REAL(name);                                                                  \
    va_list arguments;                                                              \
    va_start(arguments, flags);                                                     \
    const mode_t mode = mode_of(flags, arguments);                                  \
    va_end(arguments);                                                              \
    return open_at(AT_FDCWD, path, flags, [&] { return next(path, flags, mode); }); \
  }
#define CN_OPENAT(name)                                                                   \
  int name(int folder, const char* path, int flags, ...) {                                \
    CN_REAL(name);                                                                        \
    va_list arguments;                                                                    \
    va_start(arguments, flags);                                                           \
    const mode_t mode = mode_of(flags, arguments);                                        \
    va_end(arguments);                                                                    \
    return open_at(folder, path, flags, [&] { return next(folder, path, flags, mode); }); \
  }

extern "C" {
CN_OPEN(open)
CN_OPEN(open64)
CN_OPENAT(openat)
CN_OPENAT(openat64)

ssize_t write(int file, const void* bytes, std::size_t size) {
  CN_REAL(write);
  return write_at(file, size, [&](std::size_t part) { return next(file, bytes, part); });
}
ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  CN_REAL(pwrite);
  return write_at(file, size, [&](std::size_t part) { return next(file, bytes, part, offset); });
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t offset) {
  CN_REAL(pwrite64);
  return write_at(file, size, [&](std::size_t part) { return next(file, bytes, part, offset); });
}
ssize_t writev(int file, const iovec* parts, int count) {
  CN_REAL(writev);
  return write_at(file, static_cast<std::size_t>(count),
                  [&](std::size_t part) { return next(file, parts, static_cast<int>(part)); });
}

int fsync(int file) {
  CN_REAL(fsync);
  return at(Boundary("sync", file), [&] { return next(file); });
}
int fdatasync(int file) {
  CN_REAL(fdatasync);
  return at(Boundary("sync", file), [&] { return next(file); });
}

int rename(const char* from, const char* to) noexcept {
  CN_REAL(rename);
  return at(
      Boundary("rename", AT_FDCWD, to), [&] { return next(from, to); }, from);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  CN_REAL(renameat);
  return at(
      Boundary("rename", to_folder, to), [&] { return next(from_folder, from, to_folder, to); },
      from);
}
int link(const char* from, const char* to) noexcept {
  CN_REAL(link);
  return at(
      Boundary("link", AT_FDCWD, to), [&] { return next(from, to); }, from);
}
int unlink(const char* path) noexcept {
  CN_REAL(unlink);
  if (!is_there(AT_FDCWD, path)) return next(path);
  return at(Boundary("unlink", AT_FDCWD, path), [&] { return next(path); });
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  CN_REAL(unlinkat);
  if (!is_there(folder, path)) return next(folder, path, flags);
  return at(Boundary("unlink", folder, path), [&] { return next(folder, path, flags); });
}
int rmdir(const char* path) noexcept {
  CN_REAL(rmdir);
  if (!is_there(AT_FDCWD, path)) return next(path);
  return at(Boundary("unlink", AT_FDCWD, path), [&] { return next(path); });
}
int remove(const char* path) noexcept {
  CN_REAL(remove);
  if (!is_there(AT_FDCWD, path)) return next(path);
  return at(Boundary("unlink", AT_FDCWD, path), [&] { return next(path); });
}
int ftruncate(int file, off_t size) noexcept {
  CN_REAL(ftruncate);
  return at(Boundary("truncate", file), [&] { return next(file, size); });
}
int ftruncate64(int file, off64_t size) noexcept {
  CN_REAL(ftruncate64);
  return at(Boundary("truncate", file), [&] { return next(file, size); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  CN_REAL(mkdir);
  if (is_there(AT_FDCWD, path)) return next(path, mode);
  return at(Boundary("mkdir", AT_FDCWD, path), [&] { return next(path, mode); });
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  CN_REAL(mkdirat);
  return at(Boundary("mkdir", folder, path), [&] { return next(folder, path, mode); });
}

/// Bytes on their way to another program: for clients, which write nothing on their own disk.
ssize_t sendmsg(int file, const msghdr* message, int flags) {
  CN_REAL(sendmsg);
  return send_at([&] { return next(file, message, flags); });
}
ssize_t send(int file, const void* bytes, std::size_t size, int flags) {
  CN_REAL(send);
  return send_at([&] { return next(file, bytes, size, flags); });
}
}
