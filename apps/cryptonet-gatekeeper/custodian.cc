// SPDX-License-Identifier: Apache-2.0
// A custodian who has lost every factor, let in by whoever can open the home.
#include <memory>

#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/auth/gate.h"
#include "gatekeeper/people/administration.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {

struct Options {
  std::string user;
  std::string password_file;
  Opening opening;
};

base::Status reset(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, open_unsealed(session, options.opening, randomness));
  CN_ASSIGN(const auto gate, auth::Gate::open(home->database(), home->keys(), randomness));
  people::Administration administration(*gate);
  CN_RETURN_IF_ERROR(administration.custodian(options.user));
  CN_ASSIGN(const auto password,
            read_new_passphrase(options.password_file, "password of " + options.user));
  // First the record: a reset that is in no log must not be.
  audit::Event event(audit::Kind::kUser);
  event.action("reset_at_home").user(options.user).role("custodian");
  CN_RETURN_IF_ERROR(home->audit().record_soon(event));
  const auto reset = administration.reset_custodian(options.user, base::text_of(password.span()));
  if (!reset.ok()) CN_RETURN_IF_ERROR(home->audit().record_soon(event.error(reset.error())));
  CN_ASSIGN(const api::Enrolled enrolled, reset);
  std::string line = options.user +
                     " signs in with the new password and this second factor. It is shown this "
                     "once.\n\nAuthenticator app: " +
                     enrolled.otpauth + "\nThe same by hand:  " + enrolled.secret +
                     "\nRecovery codes:   ";
  for (const std::string& code : enrolled.recovery_codes) line += " " + code;
  report(session, line, enrolled.to_json());
  return base::ok();
}
}  // namespace

void add_reset_custodian(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "reset-custodian", "Let a custodian in who has lost every factor",
      "Examples:\n"
      "  cryptonet-gatekeeper reset-custodian carol --home D\n"
      "  cryptonet-gatekeeper reset-custodian carol --home D --password-file P "
      "--passphrase-file F\n\n"
      "For the last one: any other custodian does it with `cryptonet user reset`. Needs what "
      "opens\n"
      "the home. Gives a new password and second factor, ends all sessions, and is recorded in "
      "the\n"
      "audit log.");
  command->add_option("user", options->user, "the custodian's name")->required();
  command->add_option("--password-file", options->password_file,
                      "a file whose only line is the new password; else it is asked for");
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->callback([&session, options]() {
    session.run = [&session, options]() { return reset(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app
