// SPDX-License-Identifier: Apache-2.0
// Bytes are read by the system's own calls into secret memory: streams keep copies in buffers.
#include "secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/stop.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kLongestText = keys::kLongestPassphraseBytes + 2;
constexpr std::size_t kLongestShareLine = 256;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

/// No echo while it lives. Ctrl-C is a byte like others meanwhile, so that the echo always comes
/// back.
class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal) {
    known_ = ::tcgetattr(terminal, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_lflag |= ECHONL;
    if (known_) ::tcsetattr(terminal, TCSAFLUSH, &quiet);
  }
  ~Quiet() {
    if (known_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool known_ = false;
};

SecretText copy_of(base::ByteView bytes) {
  SecretText text(bytes.size());
  std::copy(bytes.begin(), bytes.end(), text.span().begin());
  return text;
}

/// Up to the end of the file, or of the first line. One byte more than `limit` shows that there is
/// more.
Result<SecretText> read_some(int descriptor, std::size_t limit, bool one_line) {
  SecretText bytes(limit + 1);
  std::size_t size = 0;
  while (size <= limit) {
    // a line is read byte by byte, so that what follows it stays for the next reader
    const std::size_t wanted = one_line ? 1 : limit + 1 - size;
    const ssize_t got = ::read(descriptor, bytes.data() + size, wanted);
    if (got < 0 && errno == EINTR) {
      CN_RETURN_IF_ERROR(base::check_stop());
      continue;
    }
    if (got < 0) return base::local_io_error("read the secret from", "standard input", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (one_line && bytes[size - 1] == '\n') break;
  }
  return copy_of(base::ByteView(bytes.span()).first(size));
}

base::ByteView without_line_end(base::ByteView text) {
  if (!text.empty() && text.back() == '\n') text = text.first(text.size() - 1);
  if (!text.empty() && text.back() == '\r') text = text.first(text.size() - 1);
  return text;
}

Error no_terminal(const char* hint) {
  return Error(ErrorCode::kUsage, "secret.no_terminal",
               "a secret is needed, and there is no terminal to ask for it", hint);
}

Result<SecretText> ask(const std::string& prompt, std::size_t limit) {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.number() < 0) return no_terminal("name the file it is in: see --help");
  const Quiet quiet(terminal.number());
  if (::write(terminal.number(), prompt.data(), prompt.size()) < 0) {
    return base::local_io_error("write to", "/dev/tty", errno);
  }
  CN_ASSIGN(const SecretText line, read_some(terminal.number(), limit, true));
  const auto text = line.span();
  constexpr std::uint8_t kInterrupt = 3;
  if (text.empty() || std::find(text.begin(), text.end(), kInterrupt) != text.end()) {
    return Error(ErrorCode::kInterrupted, "interrupted", "interrupted");
  }
  return copy_of(without_line_end(line.span()));
}

Result<keys::MasterKey> by_shares(const api::SealFile& file) {
  CN_ASSIGN(const SecretText lines, read_shares(file.threshold));
  std::vector<keys::Share> shares;
  base::ByteView rest = lines.span();
  while (!rest.empty()) {
    const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
    const auto line = rest.first(static_cast<std::size_t>(end - rest.begin()));
    rest = rest.subspan(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    CN_ASSIGN(keys::Share share, keys::parse_share(line));
    shares.push_back(std::move(share));
  }
  return keys::open_by_shares(file, shares);
}
}  // namespace

void add_passphrase_file(CLI::App& command, std::string& file) {
  command.add_option("--passphrase-file", file,
                     "a file whose only line is the passphrase (mode 0600)");
}

bool has_terminal() {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  return terminal.number() >= 0 && ::isatty(STDIN_FILENO) == 1;
}

Result<SecretText> read_passphrase_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0)
    return base::local_io_error("open the file of the passphrase", path, errno);
  struct stat status {};
  if (::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & 0077U) != 0) {
    std::fprintf(stderr, "cryptonet: warning: others may read %s (chmod 600 it)\n", path.c_str());
  }
  CN_ASSIGN(const SecretText bytes, read_some(file.number(), kLongestText, false));
  const base::ByteView text = without_line_end(bytes.span());
  const bool one_line = std::find(text.begin(), text.end(), std::uint8_t{'\n'}) == text.end();
  if (text.empty() || text.size() > keys::kLongestPassphraseBytes || !one_line) {
    return Error(ErrorCode::kBadInput, "secret.file",
                 "the file of a passphrase or password has one line of 1 to " +
                     std::to_string(keys::kLongestPassphraseBytes) + " bytes and nothing else",
                 "write it alone into the file")
        .at(path.string());
  }
  return copy_of(text);
}

Result<SecretText> read_passphrase(const std::string& file) {
  if (!file.empty()) return read_passphrase_file(file);
  return ask("Passphrase: ", kLongestText);
}

Result<SecretText> read_new_passphrase(const std::string& file, const std::string& what) {
  if (!file.empty()) return read_passphrase_file(file);
  CN_ASSIGN(SecretText first, ask("New " + what + ": ", kLongestText));
  CN_ASSIGN(const SecretText second, ask("The same again: ", kLongestText));
  if (std::ranges::equal(first.span(), second.span())) return first;
  return Error(ErrorCode::kBadInput, "secret.differs", "the two differ", "try again");
}

Result<SecretText> read_shares(std::uint32_t count) {
  if (::isatty(STDIN_FILENO) != 1) {
    return read_some(STDIN_FILENO, count * kLongestShareLine, false);
  }
  SecretText all(count * (kLongestShareLine + 1));
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string prompt = "Share " + std::to_string(i + 1) + " of " + std::to_string(count) +
                               (i == 0 ? "" : " (empty: no more)") + ": ";
    CN_ASSIGN(const SecretText line, ask(prompt, kLongestShareLine));
    if (line.size() == 0) break;
    const auto used = std::min<std::size_t>(line.size(), kLongestShareLine);
    std::copy_n(line.span().begin(), used, all.span().begin() + static_cast<std::ptrdiff_t>(size));
    size += used;
    all[size++] = '\n';
  }
  return copy_of(base::ByteView(all.span()).first(size));
}

void add_sealing(CLI::App& command, SealingOptions& options) {
  auto* file = command.add_option("--passphrase-file", options.passphrase_file,
                                  "a file whose only line is the passphrase (mode 0600)");
  auto* shares =
      command.add_option("--shares", options.shares.shares, "into how many shares the key goes");
  auto* threshold =
      command.add_option("--threshold", options.shares.threshold, "how many of the shares open");
  shares->needs(threshold)->excludes(file);
  threshold->needs(shares);
}

Result<keys::Sealing> read_sealing(const SealingOptions& options) {
  keys::Sealing sealing;
  if (options.shares.shares != 0 || options.shares.threshold != 0) {
    CN_RETURN_IF_ERROR(keys::check_counts(options.shares));
    sealing.mode = keys::SealMode::kShares;
    sealing.shares = options.shares;
    return sealing;
  }
  sealing.mode = keys::SealMode::kPassphrase;
  CN_ASSIGN(sealing.passphrase, read_new_passphrase(options.passphrase_file));
  return sealing;
}

void report_shares(const Session& session, std::span<const keys::Share> shares,
                   const std::string& line, const std::string& json) {
  if (shares.empty()) return report(session, line, json + "}");
  const bool as_json = session.format == "json";
  std::string head = line + "\nThe shares, any " + std::to_string(shares[0].threshold) +
                     " of which open it. They are shown this once and kept nowhere:";
  std::fputs((as_json ? json + ",\"shares\":[" : head).c_str(), stdout);
  for (const keys::Share& share : shares) {
    // even with --quiet: without the shares the home never opens again
    const SecretText text = keys::write_share(share);
    const bool first = &share == &shares.front();
    std::fputs(as_json ? (first ? "\"" : ",\"") : "\n  ", stdout);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (as_json) std::fputc('"', stdout);
  }
  std::fputs(as_json ? "]}\n" : "\n", stdout);
  std::fflush(stdout);
}

Result<keys::MasterKey> open_master(const api::SealFile& file, const Opening& opening) {
  switch (keys::mode_of(file)) {
    case keys::SealMode::kNone:
      if (opening.key_file.empty()) {
        return Error(ErrorCode::kUsage, "secret.key_file",
                     "this was made of a home whose keys lay bare, and opens with its master.key",
                     "give --key-file, a copy of that file");
      }
      return keys::open_bare(file, opening.key_file);
    case keys::SealMode::kPassphrase: {
      CN_ASSIGN(const SecretText passphrase, read_passphrase(opening.passphrase_file));
      return keys::open_by_passphrase(file, passphrase.span());
    }
    case keys::SealMode::kShares:
      return by_shares(file);
  }
  CHECK(false);
}

Result<keys::MasterKey> open_master(const Session& session, const home::Home& home,
                                    const Opening& opening) {
  CN_ASSIGN(const api::SealFile file, home.seal_file());
  Opening here = opening;
  here.key_file = (std::filesystem::path(session.home) / keys::kMasterFile).string();
  return open_master(file, here);
}

Result<std::unique_ptr<home::Home>> open_unsealed(const Session& session, const Opening& opening,
                                                  base::Randomness& randomness) {
  CN_ASSIGN(auto home, home::Home::open(session.home, randomness));
  CN_RETURN_IF_ERROR(home->lock_keys());
  // Read again: they may have been replaced before the lock was had.
  home->seal();
  CN_ASSIGN(const auto master, open_master(session, *home, opening));
  CN_RETURN_IF_ERROR(home->unseal(master));
  return home;
}

}  // namespace cryptonet::gatekeeper::app
