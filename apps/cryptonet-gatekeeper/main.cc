// SPDX-License-Identifier: Apache-2.0
// cryptonet-gatekeeper: the custodian's program. It makes and opens the home folder, enrols and
// revokes, lifts freezes, and serves. The exit status is the code of the error (base/result.h);
// errors go to stderr as "cryptonet: CODE: text" and, with --format json, to stdout too.
// One command per run; serving is multi-threaded inside serve/.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "api/messages.h"
#include "base/file_system.h"
#include "base/private_process.h"
#include "base/randomness.h"
#include "base/secret_memory.h"
#include "base/stop.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/serve/server.h"
#include "gatekeeper/state/uploads.h"

namespace cryptonet {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
namespace gate = gatekeeper;

constexpr const char* kVersion = "cryptonet-gatekeeper " CRYPTONET_VERSION;
constexpr const char* kExamples =
    "Examples:\n"
    "  cryptonet-gatekeeper init --home D\n"
    "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:4443 --cloud https://cloud:4444\n\n"
    "Run a command with --help for more of them.";

struct Options {
  std::string home;
  std::string format = "text";
  bool quiet = false;
  std::string name;
  std::string role;
  std::string out;
  std::string dataset;
  std::uint64_t version = 0;
  std::string listen;
  std::string cloud;
};

net::TimePoint now() { return std::chrono::system_clock::now(); }

/// What a command has to say when it is done: a line for people, or JSON fields.
void report(const Options& options, const std::string& line, const std::string& json) {
  if (options.quiet) return;
  std::fputs((options.format == "json" ? json : line).c_str(), stdout);
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

Status init(const Options& options) {
  base::OsRandomness randomness;
  CN_RETURN_IF_ERROR(gate::home::init(options.home, base::real_file_system(), randomness, now()));
  const std::filesystem::path home(options.home);
  std::string line = "made " + home.string() + " with the first enrolment files:";
  std::string json = "{\"home\":" + quoted(home.string()) + ",\"enrolments\":[";
  for (const char* file : {"enrol-cloud", "enrol-contributor", "enrol-researcher"}) {
    const std::string path = (home / file).string();
    line += "\n  " + path;
    json += (json.back() == '[' ? "" : ",") + quoted(path);
  }
  report(options, line, json + "]}");
  return base::ok();
}

Status enrol(const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, gate::home::Home::open(options.home, randomness));
  const auto role = gate::state::role_from_word(options.role);
  CHECK(role.has_value());  // the command line admits the three words only
  CN_RETURN_IF_ERROR(gate::auth::enrol(home->authority(), {options.name, *role}, options.out,
                                       base::real_file_system(), randomness, now()));
  report(options, "enrolled " + options.name + " as " + options.role + ": " + options.out,
         "{\"name\":" + quoted(options.name) + ",\"role\":" + quoted(options.role) +
             ",\"file\":" + quoted(options.out) + "}");
  return base::ok();
}

Status revoke(const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, gate::home::Home::open(options.home, randomness));
  CN_RETURN_IF_ERROR(gate::auth::revoke(home->authority(), options.name, now()));
  report(options, "revoked " + options.name, "{\"revoked\":" + quoted(options.name) + "}");
  return base::ok();
}

Status unfreeze(const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, gate::home::Home::open(options.home, randomness));
  gate::state::Uploads uploads(home->database());
  CN_ASSIGN(const bool was_frozen, uploads.unfreeze(options.dataset, options.version));
  const std::string version = std::to_string(options.version);
  report(options,
         options.dataset + " version " + version +
             (was_frozen ? " may be asked again" : " was not frozen"),
         "{\"dataset\":" + quoted(options.dataset) + ",\"version\":" + version +
             ",\"was_frozen\":" + (was_frozen ? "true" : "false") + "}");
  return base::ok();
}

/// stdout carries the READY line alone; the log goes to stderr.
Status serve(const Options& options) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("cryptonet-gatekeeper"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(options.quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::flush_on(spdlog::level::info);
  base::watch_stop_signals();
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, gate::home::Home::open(options.home, randomness));
  return gate::serve::serve(*home, {options.listen, options.cloud, CRYPTONET_VERSION},
                            [](const std::string& url) {
                              std::printf("READY %s\n", url.c_str());
                              std::fflush(stdout);
                            });
}

int fail(const Options& options, const Error& error) {
  const std::string code(base::code_name(error.code));
  std::fprintf(stderr, "cryptonet: %s: %s\n", code.c_str(), base::describe(error).c_str());
  if (options.format == "json") {
    const api::ErrorReply reply{
        {code, error.rule, error.message, error.file, error.line, error.column, error.hint}};
    std::fputs((reply.to_json() + "\n").c_str(), stdout);
  }
  return static_cast<int>(error.code);
}

struct Command {
  CLI::App* app;
  Status (*run)(const Options&);
};

/// One subcommand with what all of them take.
CLI::App* add_command(CLI::App& program, Options& options, const char* name, const char* what,
                      const char* examples) {
  CLI::App* command = program.add_subcommand(name, what);
  command->add_option("--home", options.home, "the gatekeeper's home folder")->required();
  command->add_flag("--quiet", options.quiet, "say nothing but errors");
  command->add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->set_version_flag("--version", kVersion);
  command->footer(examples);
  return command;
}

std::vector<Command> add_commands(CLI::App& program, Options& options) {
  std::vector<Command> commands;
  commands.push_back({add_command(program, options, "init", "Make a home folder",
                                  "Example:\n"
                                  "  cryptonet-gatekeeper init --home /srv/gatekeeper\n\n"
                                  "The home holds the authority and the sealing key: keep a backup "
                                  "of it, and keep it secret.\nNothing is changed when the folder "
                                  "exists and is not empty (exit 3)."),
                      init});

  CLI::App* enrolling = add_command(
      program, options, "enrol", "Write an enrolment file for a new name",
      "Examples:\n"
      "  cryptonet-gatekeeper enrol clinic-2 --role contributor --out clinic-2.enrol --home D\n"
      "  cryptonet-gatekeeper enrol 'Ada Example' --role researcher --out ada.enrol --home D\n\n"
      "The file (mode 0600) lets its holder join under that name until it is revoked.");
  enrolling->add_option("name", options.name, "who is enrolled; unique for ever")->required();
  enrolling->add_option("--role", options.role, "cloud, contributor or researcher")
      ->required()
      ->check(CLI::IsMember({"cloud", "contributor", "researcher"}));
  enrolling->add_option("--out", options.out, "the enrolment file to make")->required();
  commands.push_back({enrolling, enrol});

  CLI::App* revoking = add_command(program, options, "revoke", "Refuse a name from now on",
                                   "Example:\n"
                                   "  cryptonet-gatekeeper revoke clinic-2 --home D\n\n"
                                   "Every certificate of the name is refused from the next request "
                                   "on, also while the gatekeeper serves.");
  revoking->add_option("name", options.name, "the enrolled name")->required();
  commands.push_back({revoking, revoke});

  CLI::App* thawing = add_command(
      program, options, "unfreeze", "Allow questions again over a version that failed to open",
      "Example:\n"
      "  cryptonet-gatekeeper unfreeze visits 2 --home D\n\n"
      "A version freezes when a total from the cloud fails its check: something was altered.\n"
      "Find out what before you lift the freeze.");
  thawing->add_option("dataset", options.dataset, "the dataset's name")->required();
  thawing->add_option("version", options.version, "the version's number")->required();
  commands.push_back({thawing, unfreeze});

  CLI::App* serving = add_command(
      program, options, "serve", "Answer contributors and researchers until SIGTERM",
      "Examples:\n"
      "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:4443 --cloud https://cloud:4444\n"
      "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:0 --cloud "
      "https://127.0.0.1:4444\n\n"
      "Prints READY and the address once it answers. The cloud need not be there yet.");
  serving->add_option("--listen", options.listen, "HOST:PORT; port 0 takes a free one")->required();
  serving->add_option("--cloud", options.cloud, "the cloud's address, https://HOST:PORT")
      ->required();
  commands.push_back({serving, serve});
  return commands;
}

int run(int argc, char** argv) {
  base::keep_memory_private();
  base::start_sodium();
  Options options;
  CLI::App program("The custodian's side of Cryptonet: keys, enrolments, and answers.",
                   "cryptonet-gatekeeper");
  program.set_version_flag("--version", kVersion);
  program.require_subcommand(1);
  program.footer(kExamples);
  const std::vector<Command> commands = add_commands(program, options);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return program.exit(help);
  } catch (const CLI::Error& wrong) {
    return fail(options,
                Error(ErrorCode::kUsage, "usage", wrong.what(), "see cryptonet-gatekeeper --help"));
  }
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    const Status status = command.run(options);
    return status.ok() ? 0 : fail(options, status.error());
  }
  return 0;
}

}  // namespace
}  // namespace cryptonet

int main(int argc, char** argv) { return cryptonet::run(argc, argv); }
