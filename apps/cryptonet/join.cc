// SPDX-License-Identifier: Apache-2.0
// cryptonet join: from an enrolment file to a home.
#include "home/join.h"

#include "base/file_system.h"
#include "commands.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string enrol;
  std::string gatekeeper;
  std::string cloud;
};

base::Status run(const Session& session, const Flags& flags) {
  home::JoinOptions options;
  options.enrolment_file = flags.enrol;
  options.gatekeeper = flags.gatekeeper;
  options.cloud = flags.cloud;
  CN_ASSIGN(options.folder, home::find_folder(session.home_flag));
  base::OsRandomness randomness;
  CN_ASSIGN(const auto joined, home::join(options, base::real_file_system(), randomness));
  const auto& identity = joined.identity;
  note(session, (joined.already ? "had joined already as " : "joined as ") + identity.role + " '" +
                    identity.name + "'; home " + options.folder.string());
  if (!joined.not_refreshed.empty()) {
    note(session, "the gatekeeper's sealing key was not refreshed: " + joined.not_refreshed);
  }
  return base::ok();
}

}  // namespace

void add_join(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand(
      "join", "make a key on this machine and get its certificate from the gatekeeper");
  auto flags = std::make_shared<Flags>();
  command.add_option("--enrol", flags->enrol, "enrolment file from the custodian")
      ->required()
      ->type_name("FILE");
  command.add_option("--gatekeeper", flags->gatekeeper, "address of the gatekeeper")
      ->required()
      ->type_name("URL");
  command.add_option("--cloud", flags->cloud, "address of the cloud; contributors need it")
      ->type_name("URL");
  finish_command(
      command, session,
      "  cryptonet join --enrol enrol-researcher --home ~/research \\\n"
      "    --gatekeeper https://gatekeeper.example:7443\n"
      "  cryptonet join --enrol enrol-contributor --home ~/hospital \\\n"
      "    --gatekeeper https://gatekeeper.example:7443 --cloud https://cloud.example:7444",
      [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app
