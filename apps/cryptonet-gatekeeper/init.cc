// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::app {
namespace {

base::Status init(const Session& session) {
  base::OsRandomness randomness;
  CN_RETURN_IF_ERROR(home::init(session.home, base::real_file_system(), randomness, now()));
  const std::filesystem::path home(session.home);
  std::string line = "made " + home.string() + " with the first enrolment files:";
  std::string json = "{\"home\":" + quoted(home.string()) + ",\"enrolments\":[";
  for (const char* file : {"enrol-cloud", "enrol-contributor", "enrol-researcher"}) {
    const std::string path = (home / file).string();
    line += "\n  " + path;
    json += (json.back() == '[' ? "" : ",") + quoted(path);
  }
  report(session, line, json + "]}");
  return base::ok();
}
}  // namespace

void add_init(CLI::App& app, Session& session) {
  CLI::App* command =
      add_command(app, session, "init", "Make a home folder",
                  "Example:\n"
                  "  cryptonet-gatekeeper init --home /srv/gatekeeper\n\n"
                  "The home holds the authority and the sealing key: keep a backup of it, and keep "
                  "it secret.\nNothing is changed when the folder exists and is not empty (exit "
                  "3).");
  command->callback([&session]() { session.run = [&session]() { return init(session); }; });
}

}  // namespace cryptonet::gatekeeper::app
