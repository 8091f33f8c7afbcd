// SPDX-License-Identifier: Apache-2.0
// cryptonet-gatekeeper: the custodian's program. It makes and opens the home folder, enrols and
// revokes, lifts freezes, seals, unseals, and serves. One command per run; serving is
// multi-threaded inside serve/.
#include "base/private_process.h"
#include "base/secret_memory.h"
#include "commands.h"

namespace {

namespace app = cryptonet::gatekeeper::app;
namespace base = cryptonet::base;

constexpr const char* kExamples =
    "Examples:\n"
    "  cryptonet-gatekeeper init --home D\n"
    "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:4443 --cloud https://cloud:4444\n\n"
    "Run a command with --help for more of them.";

int run(int argc, char** argv) {
  base::keep_memory_private();
  base::start_sodium();
  app::start_log();
  app::Session session;
  CLI::App parser("The custodian's side of Cryptonet: keys, enrolments, and answers.",
                  "cryptonet-gatekeeper");
  parser.set_version_flag("--version", "cryptonet-gatekeeper " CRYPTONET_VERSION);
  parser.require_subcommand(1);
  parser.footer(kExamples);
  app::add_init(parser, session);
  app::add_enrol(parser, session);
  app::add_revoke(parser, session);
  app::add_host(parser, session);
  app::add_unfreeze(parser, session);
  app::add_serve(parser, session);
  app::add_unseal(parser, session);
  app::add_seal(parser, session);
  app::add_audit(parser, session);
  app::add_passphrase(parser, session);
  app::add_shares(parser, session);
  app::add_rotate_key(parser, session);
  app::add_openings(parser, session);
  app::add_reset_custodian(parser, session);
  app::add_backup(parser, session);
  app::add_restore(parser, session);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return parser.exit(help);
  } catch (const CLI::Error& wrong) {
    return app::fail(session, base::Error(base::ErrorCode::kUsage, "usage", wrong.what(),
                                          "see cryptonet-gatekeeper --help"));
  }
  const base::Status status = session.run();
  return status.ok() ? 0 : app::fail(session, status.error());
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
