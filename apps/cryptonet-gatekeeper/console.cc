// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>

#include "api/messages.h"

namespace cryptonet::gatekeeper::app {

CLI::App* add_command(CLI::App& app, Session& session, const char* name, const char* what,
                      const char* examples) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("--home", session.home, "the gatekeeper's home folder")->required();
  command->add_flag("--quiet", session.quiet, "say nothing but errors");
  command->add_option("--format", session.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->set_version_flag("--version", "cryptonet-gatekeeper " CRYPTONET_VERSION);
  command->footer(examples);
  return command;
}

void report(const Session& session, const std::string& line, const std::string& json) {
  if (session.quiet) return;
  std::fputs((session.format == "json" ? json : line).c_str(), stdout);
  std::fputc('\n', stdout);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') out += '\\';
    if (static_cast<unsigned char>(character) >= 0x20) out += character;
  }
  return out + '"';
}

int fail(const Session& session, const base::Error& error) {
  const std::string code(base::code_name(error.code));
  std::fprintf(stderr, "cryptonet: %s: %s\n", code.c_str(), base::describe(error).c_str());
  if (session.format == "json") {
    const api::ErrorReply reply{
        {code, error.rule, error.message, error.file, error.line, error.column, error.hint}};
    std::fputs((reply.to_json() + "\n").c_str(), stdout);
  }
  return static_cast<int>(error.code);
}

net::TimePoint now() { return std::chrono::system_clock::now(); }

void start_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("cryptonet-gatekeeper"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::warn);
  spdlog::flush_on(spdlog::level::info);
}

}  // namespace cryptonet::gatekeeper::app
