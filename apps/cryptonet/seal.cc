// SPDX-License-Identifier: Apache-2.0
// cryptonet seal, unseal: the gatekeeper's keys, from a machine of a custodian or of a holder of a
// share. On the gatekeeper's own machine cryptonet-gatekeeper has the same commands.
#include <unistd.h>

#include "api/call.h"
#include "api/routes.h"
#include "base/secret_memory.h"
#include "commands.h"
#include "terminal.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string format;
  bool reset = false;
};

base::Status say(const api::SealState& state, const std::string& format) {
  if (format == "json") return print(state.to_json() + "\n");
  std::string line = state.sealed ? "sealed" : "unsealed";
  if (state.sealed && state.mode == "shares") {
    line += ": " + std::to_string(state.given) + " of " + std::to_string(state.threshold) +
            " shares given (of set " + state.share_set + ")";
  }
  return print(line + "\n");
}

/// A passphrase or a share, without its end of line.
base::Result<std::string> read_secret(const std::string& prompt) {
  if (::isatty(STDIN_FILENO) == 1) return ask_hidden(prompt, "the secret on standard input");
  return password_from_stdin();
}

base::Status unseal(const Session& session, const Flags& flags) {
  namespace routes = api::gatekeeper;
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(api::SealState state, api::call<api::SealState>(*gatekeeper, routes::kGetSeal, {}));
  if (flags.reset) {
    CN_ASSIGN(state, api::call<api::SealState>(*gatekeeper, routes::kResetUnsealing, {}));
  } else if (state.sealed) {
    const bool shares = state.mode == "shares";
    CN_ASSIGN(std::string secret, read_secret(shares ? "Share: " : "Passphrase: "));
    const auto& route = shares ? routes::kUnsealByShare : routes::kUnsealByPassphrase;
    auto given = api::call<api::SealState>(*gatekeeper, route, {}, {base::view_of(secret)});
    base::wipe(secret.data(), secret.size());
    CN_ASSIGN(state, std::move(given));
  }
  return say(state, flags.format);
}

base::Status seal(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto state, api::call<api::SealState>(*gatekeeper, api::gatekeeper::kSeal, {}));
  return say(state, flags.format);
}

}  // namespace

void add_seal(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  auto& unsealing =
      *app.add_subcommand("unseal", "give a sealed gatekeeper a share, or its passphrase");
  unsealing.add_flag("--reset", flags->reset, "forget the shares that were given so far");
  add_format(unsealing, session, flags->format, {"text", "json"});
  finish_command(unsealing, session,
                 "  cryptonet unseal\n"
                 "  cryptonet unseal < my-share\n"
                 "Asks without echo. Nobody need be signed in: a sealed gatekeeper knows nobody.",
                 [&session, flags]() { return unseal(session, *flags); });
  auto& sealing = *app.add_subcommand("seal", "throw the gatekeeper's keys out of its memory");
  add_format(sealing, session, flags->format, {"text", "json"});
  finish_command(sealing, session,
                 "  cryptonet seal\n"
                 "For custodians with a fresh second factor. It answers nothing until `unseal`.",
                 [&session, flags]() { return seal(session, *flags); });
}

}  // namespace cryptonet::app
