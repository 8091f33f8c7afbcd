// SPDX-License-Identifier: Apache-2.0
// How often the gatekeeper opened what contributors entrusted to it. Needs no key.
#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/state/uploads.h"

namespace cryptonet::gatekeeper::app {
namespace {

base::Status openings(const Session& session) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_ASSIGN(const auto all, state::Uploads(home->database()).openings());
  std::string line = "dataset version upload key-openings total-openings";
  std::string json = "[";
  for (const state::Openings& one : all) {
    const std::string version = std::to_string(one.version);
    const std::string keys = std::to_string(one.keys);
    const std::string totals = std::to_string(one.totals);
    line += "\n" + one.dataset + " " + version + " " + one.id.hex() + " " + keys + " " + totals;
    if (json.size() > 1) json += ',';
    json += "{\"dataset\":" + quoted(one.dataset) + ",\"version\":" + version +
            ",\"upload\":" + quoted(one.id.hex()) + ",\"key_openings\":" + keys +
            ",\"total_openings\":" + totals + "}";
  }
  report(session, line, json + "]");
  return base::ok();
}
}  // namespace

void add_openings(CLI::App& app, Session& session) {
  CLI::App* command = add_command(
      app, session, "openings", "Say how often each upload's key and totals were opened",
      "Example:\n"
      "  cryptonet-gatekeeper openings --home D --format json\n\n"
      "Counted on disk before each opening, for as long as the home lives; version 0: not yet\n"
      "published. Compare with the audit log, and with what was asked.");
  command->callback([&session]() { session.run = [&session]() { return openings(session); }; });
}

}  // namespace cryptonet::gatekeeper::app
