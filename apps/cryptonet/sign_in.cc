// SPDX-License-Identifier: Apache-2.0
// cryptonet bootstrap, login, logout, whoami: becoming somebody, and ceasing to be.
#include "api/call.h"
#include "api/routes.h"
#include "commands.h"
#include "enrolled.h"
#include "researcher/client/result_text.h"
#include "terminal.h"
#include "wording.h"

namespace cryptonet::app {
namespace {
namespace client = researcher::client;
namespace routes = api::gatekeeper;

struct Flags {
  std::string code;
  std::string user;
  std::string totp;
  bool password_stdin = false;
  bool step_up = false;
  std::string format;
};

base::Status bootstrap(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(std::string password, new_password(flags.password_stdin));
  api::BootstrapRequest request{flags.code, flags.user, std::move(password)};
  std::string body = request.to_json();
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  const auto enrolled =
      api::call<api::Enrolled>(*gatekeeper, routes::kBootstrap, {}, api::json_body(body));
  base::wipe(body.data(), body.size());
  base::wipe(request.password.data(), request.password.size());
  CN_RETURN_IF_ERROR(enrolled);
  return print_enrolled(*enrolled, flags.format);
}

base::Status step_up(const home::Home& home, const Flags& flags) {
  std::string code = flags.totp;
  if (code.empty()) {
    CN_ASSIGN(code, ask_hidden("Code of your authenticator app", "--totp CODE"));
  }
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  const std::string body = api::StepUpRequest{code}.to_json();
  CN_ASSIGN(const auto done,
            api::call<api::Empty>(*gatekeeper, routes::kStepUp, {}, api::json_body(body)));
  if (flags.format == "json") return print(done.to_json() + "\n");
  return print("the second factor is fresh for five minutes\n");
}

base::Status login(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  if (flags.step_up) return step_up(home, flags);
  api::SignInRequest request{flags.user, {}, flags.totp};
  if (request.user.empty()) {
    CN_ASSIGN(request.user, ask_line("User", "--user NAME"));
  }
  if (flags.password_stdin) {
    CN_ASSIGN(request.password, password_from_stdin());
  } else {
    CN_ASSIGN(request.password, ask_hidden("Password", "--password-stdin"));
  }
  if (request.code.empty()) {
    CN_ASSIGN(request.code,
              ask_hidden("Code of your authenticator app, or a recovery code", "--totp CODE"));
  }
  std::string body = request.to_json();
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  gatekeeper->set_bearer({});
  auto signed_in = api::call<api::SignedIn>(*gatekeeper, routes::kSignIn, {}, api::json_body(body));
  base::wipe(body.data(), body.size());
  base::wipe(request.password.data(), request.password.size());
  CN_RETURN_IF_ERROR(signed_in);
  CN_RETURN_IF_ERROR(home.keep_session(base::real_file_system(), signed_in->token));
  if (flags.format == "json") {
    // The token is in the home; nobody needs to see it.
    nlohmann::ordered_json shown = {{"user", signed_in->user},
                                    {"id", signed_in->id},
                                    {"expires_at", signed_in->expires_at},
                                    {"idle_s", signed_in->idle_s}};
    return print(shown.dump() + "\n");
  }
  return print("signed in as " + signed_in->user + " until " + utc_text(signed_in->expires_at) +
               ", or until nothing was asked for " + std::to_string(signed_in->idle_s / 60) +
               " minutes\n");
}

base::Status logout(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  const auto done = api::call<api::Empty>(*gatekeeper, routes::kSignOut, {});
  // Whatever the server says, this machine forgets; but a key of the environment is not its own.
  if (!home::Home::environment_has_token()) {
    CN_RETURN_IF_ERROR(home.forget_session(base::real_file_system()));
  }
  CN_RETURN_IF_ERROR(done);
  if (flags.format == "json") return print(done->to_json() + "\n");
  return print("signed out\n");
}

base::Status whoami(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto who, api::call<api::WhoAmI>(*gatekeeper, routes::kWhoAmI, {}));
  if (flags.format == "json") return print(who.to_json() + "\n");
  std::string text = who.user + " (" + client::joined(who.roles) + "), by " +
                     (who.kind == "session" ? "a session" : "the access key " + who.id) +
                     " until " + utc_text(who.expires_at) + "\n";
  for (const api::Grant& grant : who.projects) {
    text += "  " + grant.role + " in project " + grant.project + "\n";
  }
  if (!who.scope.empty()) text += "  scope: " + client::joined(who.scope) + "\n";
  return print(text);
}

void add_bootstrap(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("bootstrap",
                                      "make the first custodian, with the code that "
                                      "the gatekeeper shows at its first start");
  auto flags = std::make_shared<Flags>();
  command.add_option("--code", flags->code, "the bootstrap code")->required();
  command.add_option("--user", flags->user, "name of the custodian")->required();
  command.add_flag("--password-stdin", flags->password_stdin,
                   "read the password from the first line of stdin");
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(command, session, "  cryptonet bootstrap --code 4f0c… --user ada",
                 [&session, flags]() { return bootstrap(session, *flags); });
}

void add_login(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("login", "sign in with password and second factor");
  auto flags = std::make_shared<Flags>();
  command.add_option("--user", flags->user, "your name; asked for when it is left out");
  command.add_flag("--password-stdin", flags->password_stdin,
                   "read the password from the first line of stdin");
  command
      .add_option("--totp", flags->totp, "the code of your authenticator app, or a recovery code")
      ->type_name("CODE");
  command.add_flag(
      "--step-up", flags->step_up,
      "signed in already: show the second factor again, for what asks for a fresh one");
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(
      command, session,
      "  cryptonet login --user ada\n"
      "  pass show cryptonet | cryptonet login --user ada --password-stdin --totp 123456\n"
      "  cryptonet login --step-up",
      [&session, flags]() { return login(session, *flags); });
}
}  // namespace

void add_sign_in(CLI::App& app, Session& session) {
  add_bootstrap(app, session);
  add_login(app, session);
  const auto add = [&](const char* name, const char* what, auto run) {
    auto& command = *app.add_subcommand(name, what);
    auto flags = std::make_shared<Flags>();
    add_format(command, session, flags->format, {"text", "json"});
    finish_command(command, session, std::string("  cryptonet ") + name,
                   [&session, flags, run]() { return run(session, *flags); });
  };
  add("logout", "end the session", logout);
  add("whoami", "show who is signed in, with which rights", whoami);
}

}  // namespace cryptonet::app
