// SPDX-License-Identifier: Apache-2.0
// What is said to a gatekeeper that runs: open, or throw the keys away. The server says where it
// listens in the file `address` of its home, and knows this program by the certificate in it.
#include <memory>

#include "api/call.h"
#include "api/routes.h"
#include "base/randomness.h"
#include "commands.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct Options {
  Opening opening;
  bool reset = false;
};

Result<std::unique_ptr<net::HttpClient>> call_server(const home::Home& home) {
  const auto file = home.address_file();
  auto address = base::read_file(file, 2048);
  if (!address.ok()) {
    return Error(ErrorCode::kUnreachable, "seal.not_serving",
                 "no cryptonet-gatekeeper serves this home",
                 "start it: cryptonet-gatekeeper serve --home D")
        .at(file.string());
  }
  net::ClientOptions options;
  options.url = base::text_of(*address);
  options.identity = home.identity();
  options.server_role = net::PeerRole::kGatekeeper;
  options.request_timeout = std::chrono::seconds(60);
  return net::HttpClient::create(std::move(options));
}

void say(const Session& session, const api::SealState& state) {
  std::string line = state.sealed ? "sealed" : "unsealed";
  if (state.mode == "shares" && state.sealed) {
    line += ": " + std::to_string(state.given) + " of " + std::to_string(state.threshold) +
            " shares given (of set " + state.share_set + ")";
  }
  report(session, line, state.to_json());
}

Result<api::SealState> give(net::HttpClient& client, const api::RouteInfo& route,
                            base::ByteView secret) {
  return api::call<api::SealState>(client, route, {}, {secret});
}

Status unseal(const Session& session, const Options& options) {
  namespace routes = api::gatekeeper;
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_ASSIGN(const auto client, call_server(*home));
  CN_ASSIGN(api::SealState state, api::call<api::SealState>(*client, routes::kGetSeal, {}));
  if (options.reset) {
    CN_ASSIGN(state, api::call<api::SealState>(*client, routes::kResetUnsealing, {}));
  } else if (state.sealed && state.mode == "passphrase") {
    CN_ASSIGN(const SecretText passphrase, read_passphrase(options.opening.passphrase_file));
    CN_ASSIGN(state, give(*client, routes::kUnsealByPassphrase, passphrase.span()));
  } else if (state.sealed) {
    CN_ASSIGN(const SecretText shares, read_shares(state.threshold));
    CN_ASSIGN(state, give(*client, routes::kUnsealByShare, shares.span()));
  }
  say(session, state);
  return base::ok();
}

Status seal(const Session& session) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_ASSIGN(const auto client, call_server(*home));
  CN_ASSIGN(const auto state, api::call<api::SealState>(*client, api::gatekeeper::kSeal, {}));
  say(session, state);
  return base::ok();
}
}  // namespace

void add_unseal(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "unseal", "Give a gatekeeper that serves what opens its keys",
      "Examples:\n"
      "  cryptonet-gatekeeper unseal --home D\n"
      "  cryptonet-gatekeeper unseal --home D --passphrase-file F\n"
      "  cryptonet-gatekeeper unseal --home D < my-share\n\n"
      "Asks for the passphrase, or for shares, without echo; shares may come on standard input,\n"
      "one on a line. A single share joins those that others gave before; as many as open, given\n"
      "at once, are tried by themselves.");
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->add_flag("--reset", options->reset, "forget the shares that were given so far");
  command->callback([&session, options]() {
    session.run = [&session, options]() { return unseal(session, *options); };
  });
}

void add_seal(CLI::App& app, Session& session) {
  CLI::App* command =
      add_command(app, session, "seal", "Throw the keys out of a gatekeeper's memory",
                  "Example:\n"
                  "  cryptonet-gatekeeper seal --home D\n\n"
                  "It goes on serving, and answers nothing but how it is, until it is unsealed.");
  command->callback([&session]() { session.run = [&session]() { return seal(session); }; });
}

}  // namespace cryptonet::gatekeeper::app
