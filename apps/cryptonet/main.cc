// SPDX-License-Identifier: Apache-2.0
// cryptonet: the command line of contributors and researchers. Results on stdout, all else on
// stderr; the exit code is the kind of failure (base::ErrorCode).
#include <algorithm>
#include <exception>
#include <span>

#include "base/private_process.h"
#include "base/stop.h"
#include "commands.h"

namespace {

namespace app = cryptonet::app;
namespace base = cryptonet::base;

constexpr const char* kAbout =
    "Multistage Cryptonet: exact answers from tables that nobody hands over.\n"
    "Contributors: join, schema, encrypt, upload, drop. Researchers: join, login, query, token.\n"
    "Custodians: bootstrap, user, project. All: login, whoami, datasets, describe, status, eval.\n"
    "`cryptonet COMMAND --help` has examples.";
constexpr const char* kFooter =
    "Examples:\n"
    "  cryptonet schema flights.parquet --out flights.toml\n"
    "  cryptonet query \"SELECT COUNT(*), AVG(delay) FROM flights\" --format json\n\n"
    "Exit codes: 0 done, 1 our fault, 2 usage, 3 bad input or unreachable question, 4 refused,\n"
    "5 integrity, wrong key or frozen, 6 server unreachable, 7 local disk, 8 not signed in,\n"
    "130 interrupted.";

/// Whether the line asks for JSON, for errors of the line itself.
bool asks_for_json(std::span<char*> arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--format=json") return true;
    if (word == "--format" && i + 1 < arguments.size()) {
      return std::string_view(arguments[i + 1]) == "json";
    }
  }
  return false;
}

base::Error usage_error(const CLI::App& parser, const CLI::ParseError& error,
                        std::span<char*> arguments) {
  std::string command = "cryptonet";
  for (const auto* sub : parser.get_subcommands()) command += " " + sub->get_name();
  std::string text = error.what();
  const bool no_command = parser.get_subcommands().empty();
  if (no_command && arguments.size() > 1 && arguments[1][0] != '-') {
    text = "there is no command '" + std::string(arguments[1]) + "'";
  } else if (no_command && arguments.size() < 2) {
    text = "a command is missing";
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return {base::ErrorCode::kUsage, "usage", text, command + " --help"};
}

int run(int count, char** arguments) {
  base::keep_memory_private();
  CLI::App parser(kAbout, "cryptonet");
  parser.footer(kFooter);
  parser.set_version_flag("--version", "cryptonet " CRYPTONET_VERSION);
  parser.require_subcommand(1);
  app::Session session;
  app::add_join(parser, session);
  app::add_schema(parser, session);
  app::add_encrypt(parser, session);
  app::add_upload(parser, session);
  app::add_query(parser, session);
  app::add_datasets(parser, session);
  app::add_describe(parser, session);
  app::add_drop(parser, session);
  app::add_status(parser, session);
  app::add_eval(parser, session);
  app::add_sign_in(parser, session);
  app::add_user(parser, session);
  app::add_project(parser, session);
  app::add_token(parser, session);
  app::add_audit(parser, session);
  app::add_seal(parser, session);
  try {
    parser.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return parser.exit(error);  // --help, --version
    const std::span<char*> words(arguments, static_cast<std::size_t>(count));
    return app::fail(usage_error(parser, error, words), asks_for_json(words));
  }
  base::watch_stop_signals();
  auto status = session.run();
  // What breaks because of Ctrl-C is an interruption, whatever it says.
  if (!status.ok() && base::stop_requested()) status = base::check_stop();
  return status.ok() ? 0 : app::fail(status.error(), session.json_errors);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    return app::fail(
        {base::ErrorCode::kInternal, "internal", error.what(), "please report how this came about"},
        false);
  }
}
