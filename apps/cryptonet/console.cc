// SPDX-License-Identifier: Apache-2.0
// Terminal, errors, shared flags.
#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "api/messages.h"
#include "base/file_system.h"
#include "base/stop.h"

namespace cryptonet::app {

void finish_command(CLI::App& command, Session& session, const std::string& examples,
                    std::function<base::Status()> run) {
  command
      .add_option("--home", session.home_flag,
                  "folder of this client's keys (default: $CRYPTONET_HOME, then ~/.cryptonet)")
      ->type_name("FOLDER");
  command.add_flag("--quiet", session.quiet, "no progress, no notes; errors still appear");
  command.set_version_flag("--version", "cryptonet " CRYPTONET_VERSION);
  command.footer("Examples:\n" + examples);
  command.callback([&session, run = std::move(run)]() { session.run = run; });
}

void add_format(CLI::App& command, Session& session, std::string& format,
                const std::vector<std::string>& choices) {
  format = choices.front();
  command.add_option("--format", format, "how to print it")
      ->type_name("WORD")
      ->check(CLI::IsMember(choices))
      ->default_str(format)
      ->each([&session](const std::string& word) { session.json_errors = word == "json"; });
}

base::Result<home::Home> open_home(const Session& session) {
  CN_ASSIGN(const auto folder, home::find_folder(session.home_flag));
  return home::Home::open(folder);
}

base::Status print(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EPIPE) return base::ok();
    if (written < 0 && errno == EINTR) {
      CN_RETURN_IF_ERROR(base::check_stop());
      continue;
    }
    if (written < 0) return base::local_io_error("write", "(stdout)", errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return base::ok();
}

void note(const Session& session, const std::string& text) {
  if (!session.quiet) std::fprintf(stderr, "%s\n", text.c_str());
}

int fail(const base::Error& error, bool as_json) {
  if (as_json) {
    const api::ErrorReply reply{{std::string(base::code_name(error.code)), error.rule,
                                 error.message, error.file, error.line, error.column, error.hint}};
    static_cast<void>(print(reply.to_json() + "\n").ok());
  }
  std::fprintf(stderr, "cryptonet: %s: %s\n", std::string(base::code_name(error.code)).c_str(),
               base::describe(error).c_str());
  return static_cast<int>(error.code);
}

ProgressBar::ProgressBar(const Session& session)
    : enabled_(!session.quiet && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
}

void ProgressBar::show(const std::string& step, std::uint64_t done, std::uint64_t total,
                       const std::string& amount) {
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  const bool due = now - last_ >= std::chrono::milliseconds(100) || step != last_step_;
  if (!due && done != total) return;
  last_ = now;
  last_step_ = step;
  constexpr std::uint64_t kCells = 30;
  std::string bar;
  if (total > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<std::size_t>(part * static_cast<double>(kCells));
    bar = " [" + std::string(filled, '#') + std::string(kCells - filled, ' ') + "] " +
          std::to_string(static_cast<int>(part * 100)) + " %";
  }
  std::fprintf(stderr, "\r%s%s %s\x1b[K", step.c_str(), bar.c_str(), amount.c_str());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace cryptonet::app
