// SPDX-License-Identifier: Apache-2.0
// What all commands share: where their home is, how they speak to a terminal, and how they fail.
// Results go to stdout, everything else to stderr. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "home/home.h"

namespace cryptonet::app {

/// The flags that every command has, and what to run once the line is parsed.
struct Session {
  std::string home_flag;
  bool quiet = false;
  bool json_errors = false;  ///< --format json: errors go to stdout as well
  std::function<base::Status()> run;
};

/// Adds --home, --quiet, --version and the examples to a command. `run` is what it does.
void finish_command(CLI::App& command, Session& session, const std::string& examples,
                    std::function<base::Status()> run);
/// Adds --format with the given choices; the first is the default.
void add_format(CLI::App& command, Session& session, std::string& format,
                const std::vector<std::string>& choices);

base::Result<home::Home> open_home(const Session& session);

/// Writes all of `text` to stdout. kLocalIo when it cannot; a reader that has gone away is fine.
base::Status print(const std::string& text);
/// One line on stderr, unless --quiet.
void note(const Session& session, const std::string& text);
/// The error on stderr (and on stdout as JSON if asked for), and the exit code.
int fail(const base::Error& error, bool as_json);

/// A bar on stderr when that is a terminal. Gone when it is destroyed.
class ProgressBar {
 public:
  explicit ProgressBar(const Session& session);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// `done` of `total` (0: not known), with a word for what is going on and how much there is.
  void show(const std::string& step, std::uint64_t done, std::uint64_t total,
            const std::string& amount);

 private:
  bool shown_ = false;
  bool enabled_;
  std::chrono::steady_clock::time_point last_{};
  std::string last_step_;
};

}  // namespace cryptonet::app
