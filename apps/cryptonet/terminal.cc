// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <qrencode.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/file_system.h"
#include "base/secret_memory.h"
#include "base/stop.h"

namespace cryptonet::app {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kMaxLineBytes = 4096;

/// The controlling terminal, whatever stdin and stdout are.
class Terminal {
 public:
  Terminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {}
  ~Terminal() {
    show();
    if (file_ >= 0) ::close(file_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  bool there() const { return file_ >= 0; }
  int file() const { return file_; }
  void hide() {
    if (::tcgetattr(file_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden_ = ::tcsetattr(file_, TCSAFLUSH, &quiet) == 0;
  }
  void show() {
    if (hidden_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    hidden_ = false;
  }
  void say(const std::string& text) const {
    // A terminal that takes no prompt gives no answer either.
    [[maybe_unused]] const ssize_t written = ::write(file_, text.data(), text.size());
  }

 private:
  int file_;
  bool hidden_ = false;
  termios before_{};
};

/// Returns when a byte is there, or none will come. Asks for stop signals between short waits: one
/// that came just before a read would not end it.
base::Status wait_for_byte(int file) {
  constexpr int kAskEveryMs = 100;
  pollfd wanted{file, POLLIN, 0};
  while (true) {
    CN_RETURN_IF_ERROR(base::check_stop());
    const int there = ::poll(&wanted, 1, kAskEveryMs);
    if (there > 0) return base::ok();
    if (there < 0 && errno != EINTR) return base::local_io_error("read", "(terminal)", errno);
  }
}

/// Bytes up to the end of the line or of the file, read one by one so that the rest stays there.
Result<std::string> read_line(int file) {
  std::string line;
  line.reserve(kMaxLineBytes);
  while (line.size() < kMaxLineBytes) {
    char byte = 0;
    CN_RETURN_IF_ERROR(wait_for_byte(file));
    const ssize_t count = ::read(file, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::local_io_error("read", "(terminal)", errno);
    if (count == 0 || byte == '\n') break;
    line += byte;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<std::string> ask(const std::string& prompt, const std::string& flag, bool hidden) {
  Terminal terminal;
  if (!terminal.there()) {
    return Error(ErrorCode::kUsage, "terminal.missing",
                 "there is no terminal to ask for: " + prompt, "give " + flag);
  }
  if (hidden) terminal.hide();
  terminal.say(prompt + ": ");
  auto line = read_line(terminal.file());
  if (hidden) terminal.say("\n");
  return line;
}
}  // namespace

Result<std::string> ask_line(const std::string& prompt, const std::string& flag) {
  return ask(prompt, flag, false);
}

Result<std::string> ask_hidden(const std::string& prompt, const std::string& flag) {
  return ask(prompt, flag, true);
}

Result<std::string> password_from_stdin() {
  CN_ASSIGN(std::string line, read_line(STDIN_FILENO));
  if (line.empty()) {
    return Error(ErrorCode::kUsage, "password.stdin", "stdin holds no password",
                 "the first line of stdin is the password");
  }
  return line;
}

Result<std::string> new_password(bool from_stdin) {
  if (from_stdin) return password_from_stdin();
  CN_ASSIGN(std::string first, ask_hidden("New password", "--password-stdin"));
  CN_ASSIGN(std::string second, ask_hidden("The same again", "--password-stdin"));
  const bool same = first == second;
  base::wipe(second.data(), second.size());
  if (!same) {
    base::wipe(first.data(), first.size());
    return Error(ErrorCode::kUsage, "password.differ", "the two passwords differ", "try again");
  }
  return first;
}

std::string qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L), QRcode_free);
  if (code == nullptr) return {};
  constexpr int kQuiet = 2;
  const int width = code->width;
  const auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= width) return false;
    return (code->data[y * width + x] & 1) != 0;
  };
  // Light modules are drawn, because most terminals are dark.
  std::string picture;
  for (int y = -kQuiet; y < width + kQuiet; y += 2) {
    for (int x = -kQuiet; x < width + kQuiet; ++x) {
      const bool upper = !dark(x, y);
      const bool lower = !dark(x, y + 1);
      picture += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    picture += '\n';
  }
  return picture;
}

}  // namespace cryptonet::app
