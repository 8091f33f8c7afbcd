// SPDX-License-Identifier: Apache-2.0
// Giving the gatekeeper's certificate a host name, for browsers.
#include <memory>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/auth/passkey.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {

struct Options {
  std::string name;
  Opening opening;
};

base::Status host(const Session& session, const Options& options) {
  // The names that an origin may have, so that none is signed that no page can stand at.
  CN_ASSIGN(const auto site, auth::passkey_site("https://" + options.name));
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, open_unsealed(session, options.opening, randomness));
  CN_ASSIGN(const bool added, home->answer_to(site.rp_id, base::real_file_system(), now()));
  if (added) {
    audit::Event event(audit::Kind::kAdministration);
    CN_RETURN_IF_ERROR(home->audit().record_soon(event.action("host_added")));
  }
  report(session,
         added ? "the certificate carries " + site.rp_id + " from the next start on"
               : "the certificate carries " + site.rp_id + " already",
         "{\"host\":" + quoted(site.rp_id) + ",\"added\":" + (added ? "true" : "false") + "}");
  return base::ok();
}
}  // namespace

void add_host(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "host", "Put a host name into the gatekeeper's certificate",
      "Example:\n"
      "  cryptonet-gatekeeper host gatekeeper.example.org --home D\n\n"
      "Browsers know a server by its host name; serve --origin needs it in the certificate, and\n"
      "puts it there itself unless the home is sealed. Our own programs do not ask for it.");
  command->add_option("name", options->name, "the name, without port")->required();
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->callback([&session, options]() {
    session.run = [&session, options]() { return host(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app
