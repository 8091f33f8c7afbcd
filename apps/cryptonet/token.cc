// SPDX-License-Identifier: Apache-2.0
// cryptonet token: access keys, which ask questions for a quarter of an hour at most.
#include <regex>

#include "api/call.h"
#include "api/routes.h"
#include "commands.h"
#include "researcher/client/result_text.h"
#include "wording.h"

namespace cryptonet::app {
namespace {
namespace client = researcher::client;
namespace routes = api::gatekeeper;

struct Flags {
  std::string ttl = "15m";
  std::vector<std::string> scope;
  std::string id;
  std::string format;
};

/// "15m", "900s", "900": seconds. kUsage for anything else, and for more than a quarter of an hour.
base::Result<std::uint64_t> seconds_of(const std::string& text) {
  static const std::regex form("([1-9][0-9]{0,3})(s|m)?");
  std::smatch found;
  if (std::regex_match(text, found, form)) {
    const std::uint64_t seconds = std::stoull(found[1]) * (found[2] == "m" ? 60 : 1);
    if (seconds <= 900) return seconds;
  }
  return base::Error(base::ErrorCode::kUsage, "token.ttl",
                     "an access key lives from 1 s to 15 min, not '" + text + "'",
                     "--ttl 15m, --ttl 90s");
}

base::Status make(const Session& session, const Flags& flags) {
  CN_ASSIGN(const std::uint64_t ttl_s, seconds_of(flags.ttl));
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  const std::string body = api::AccessKeyRequest{ttl_s, flags.scope}.to_json();
  CN_ASSIGN(const auto made, api::call<api::AccessKeyMade>(*gatekeeper, routes::kMakeAccessKey, {},
                                                           api::json_body(body)));
  if (flags.format == "json") return print(made.to_json() + "\n");
  note(session, "access key " + made.id + " of " + made.user + " until " +
                    utc_text(made.expires_at) + ", for " +
                    (made.scope.empty() ? "all that you may ask" : client::joined(made.scope)) +
                    ". It is shown this once:");
  return print(made.token + "\n");
}

base::Status list(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto keys,
            api::call<api::AccessKeyList>(*gatekeeper, routes::kListAccessKeys, {}));
  if (flags.format == "json") return print(keys.to_json() + "\n");
  std::vector<std::vector<std::string>> rows;
  for (const api::AccessKeySummary& key : keys.keys) {
    rows.push_back({key.id, key.kind == "session" ? "session" : "access key", key.user,
                    client::joined(key.scope), utc_text(key.made_at), utc_text(key.last_used_at),
                    utc_text(key.expires_at), key.state + (key.this_one ? ", this one" : "")});
  }
  return print(
      client::aligned({"id", "kind", "user", "scope", "made", "last used", "expires", "state"},
                      std::vector<bool>(8, false), rows));
}

base::Status revoke(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto revoked,
            api::call<api::AccessKeyRevoked>(*gatekeeper, routes::kRevokeAccessKey, {flags.id}));
  if (flags.format == "json") return print(revoked.to_json() + "\n");
  return print(revoked.id +
               (revoked.changed ? " is refused from now on\n" : " had ended already\n"));
}
}  // namespace

void add_token(CLI::App& app, Session& session) {
  auto& group = *app.add_subcommand("token", "access keys: new, list, revoke");
  group.require_subcommand(1);
  const auto add = [&](const char* name, const char* what, const std::string& example, auto run) {
    auto& command = *group.add_subcommand(name, what);
    auto flags = std::make_shared<Flags>();
    add_format(command, session, flags->format, {"text", "json"});
    finish_command(command, session, "  " + example,
                   [&session, flags, run]() { return run(session, *flags); });
    return std::pair(&command, flags);
  };
  const auto [making, new_flags] =
      add("new", "make an access key and print it once; CRYPTONET_TOKEN takes it",
          "cryptonet token new --ttl 15m --scope dataset:visits --scope function:AVG", make);
  making->add_option("--ttl", new_flags->ttl, "how long it lives, at most 15m")
      ->type_name("TIME")
      ->default_str("15m");
  making->add_option("--scope", new_flags->scope, "dataset:NAME or function:NAME; may be repeated")
      ->type_name("WHAT");
  add("list", "show live sessions and access keys: yours, or as a custodian everybody's",
      "cryptonet token list", list);
  const auto [ending, flags] = add("revoke", "end a key or session at once",
                                   "cryptonet token revoke 0123456789abcdef", revoke);
  ending->add_option("ID", flags->id, "as shown by cryptonet token list")->required();
}

}  // namespace cryptonet::app
