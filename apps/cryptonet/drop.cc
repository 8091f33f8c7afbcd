// SPDX-License-Identifier: Apache-2.0
// cryptonet drop: takes back a version that this contributor uploaded.
#include "commands.h"
#include "contributor/upload/upload.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string name;
  std::uint64_t version = 0;
  std::string format;
};

base::Status run(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_RETURN_IF_ERROR(home.require_role(net::PeerRole::kContributor, "drop"));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto dropped, contributor::upload::drop(*gatekeeper, flags.name, flags.version));
  if (flags.format == "json") return print(dropped.to_json() + "\n");
  return print("dropped version " + std::to_string(dropped.version) + " of " + dropped.dataset +
               "\n");
}

}  // namespace

void add_drop(CLI::App& app, Session& session) {
  auto& command =
      *app.add_subcommand("drop", "drop a version that you uploaded; its number never comes back");
  auto flags = std::make_shared<Flags>();
  command.add_option("NAME", flags->name, "name of the dataset")->required();
  command.add_option("VERSION", flags->version, "number of the version")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{9007199254740991}));
  add_format(command, session, flags->format, {"table", "json"});
  finish_command(command, session, "  cryptonet drop flights 3",
                 [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app
