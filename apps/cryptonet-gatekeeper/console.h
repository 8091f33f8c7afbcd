// SPDX-License-Identifier: Apache-2.0
// What all commands share: the home they work on, how they report, and how they fail. The exit
// status is the code of the error (base/result.h); errors go to stderr as "cryptonet: CODE: text"
// and, with --format json, to stdout too. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.h"
#include "net/certificate.h"

namespace cryptonet::gatekeeper::app {

/// The flags that every command has, and what to run once the line is parsed.
struct Session {
  std::string home;
  std::string format = "text";
  bool quiet = false;
  std::function<base::Status()> run;
};

/// One subcommand with --home, --quiet, --format and the examples.
CLI::App* add_command(CLI::App& app, Session& session, const char* name, const char* what,
                      const char* examples);
/// What a command has to say when it is done: a line for people, or JSON fields.
void report(const Session& session, const std::string& line, const std::string& json);
/// The text as a JSON string.
std::string quoted(const std::string& text);
/// Says what went wrong; the exit status.
int fail(const Session& session, const base::Error& error);
net::TimePoint now();
/// The program's own log goes to stderr: warnings and worse, until a command wants more.
void start_log();

}  // namespace cryptonet::gatekeeper::app
