// SPDX-License-Identifier: Apache-2.0
// Enrolling a name and revoking it.
#include <memory>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Status;

struct Options {
  std::string name;
  std::string role;
  std::string out;
  Opening opening;
};

Status enrol(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, open_unsealed(session, options.opening, randomness));
  const auto role = state::role_from_word(options.role);
  CHECK(role.has_value());  // the command line admits the three words only
  audit::Event made(audit::Kind::kEnrolment);
  made.action("made").enrolment(options.name).role(options.role);
  CN_RETURN_IF_ERROR(home->audit().record(made));
  if (Status enrolled = auth::enrol(home->authority(), {options.name, *role}, options.out,
                                    base::real_file_system(), randomness, now());
      !enrolled.ok()) {
    home->audit().note(made.error(enrolled.error()));
    return enrolled;
  }
  report(session, "enrolled " + options.name + " as " + options.role + ": " + options.out,
         "{\"name\":" + quoted(options.name) + ",\"role\":" + quoted(options.role) +
             ",\"file\":" + quoted(options.out) + "}");
  return base::ok();
}

Status revoke(const Session& session, const std::string& name) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_RETURN_IF_ERROR(auth::revoke(home->authority(), name, now()));
  audit::Event event(audit::Kind::kEnrolment);
  CN_RETURN_IF_ERROR(home->audit().record_soon(event.action("revoked").enrolment(name)));
  report(session, "revoked " + name, "{\"revoked\":" + quoted(name) + "}");
  return base::ok();
}
}  // namespace

void add_enrol(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "enrol", "Write an enrolment file for a new name",
      "Examples:\n"
      "  cryptonet-gatekeeper enrol clinic-2 --role contributor --out clinic-2.enrol --home D\n"
      "  cryptonet-gatekeeper enrol 'Ada Example' --role researcher --out ada.enrol --home D\n\n"
      "The file (mode 0600) lets its holder join under that name until it is revoked.");
  command->add_option("name", options->name, "who is enrolled; unique for ever")->required();
  command->add_option("--role", options->role, "cloud, contributor or researcher")
      ->required()
      ->check(CLI::IsMember({"cloud", "contributor", "researcher"}));
  command->add_option("--out", options->out, "the enrolment file to make")->required();
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->callback([&session, options]() {
    session.run = [&session, options]() { return enrol(session, *options); };
  });
}

void add_revoke(CLI::App& app, Session& session) {
  const auto name = std::make_shared<std::string>();  // shared: the callback may be copied
  CLI::App* command =
      add_command(app, session, "revoke", "Refuse a name from now on",
                  "Example:\n"
                  "  cryptonet-gatekeeper revoke clinic-2 --home D\n\n"
                  "Every certificate of the name is refused from the next request on, also while "
                  "the gatekeeper serves.");
  command->add_option("name", *name, "the enrolled name")->required();
  command->callback(
      [&session, name]() { session.run = [&session, name]() { return revoke(session, *name); }; });
}

}  // namespace cryptonet::gatekeeper::app
