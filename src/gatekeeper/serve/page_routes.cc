// SPDX-License-Identifier: Apache-2.0
// The page for browsers, which show no certificate. Its session is bound to that: the cookie's
// token opens nothing on a machine that joined, nor the other way round. Every POST must come from
// the page's own origin; no address changes anything by being fetched.
#include <spdlog/spdlog.h>

#include "gatekeeper/people/rights.h"
#include "gatekeeper/serve/page_files.h"
#include "gatekeeper/serve/recording.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace on_page {
namespace {
namespace info = api::gatekeeper;
using base::Bytes;
using base::Error;
using base::ErrorCode;
using base::Result;
using net::HttpRequest;
using net::HttpResponse;

// __Host-: browsers keep such a cookie only when it is Secure, for this host alone and all paths.
constexpr std::string_view kCookie = "__Host-cryptonet";
constexpr const char* kCookieRules = "; Path=/; Secure; HttpOnly; SameSite=Strict";

/// The page is made of its own files alone, talks to its own server alone and stands in no frame.
constexpr std::array<std::pair<const char*, const char*>, 7> kPageHeaders = {{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types 'none'"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Permissions-Policy",
     "publickey-credentials-get=(self), publickey-credentials-create=(self), "
     "clipboard-write=(self), camera=(), microphone=(), geolocation=()"},
}};

HttpResponse file_response(const PageFile& file) {
  HttpResponse response;
  response.content_type = file.content_type;
  for (const auto& [name, value] : kPageHeaders) response.headers.emplace_back(name, value);
  response.body.assign(file.text.begin(), file.text.end());
  return response;
}

/// The value of our cookie; empty when it is missing or stands there twice.
std::string_view token_in(std::string_view cookies) {
  std::string_view found;
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view one = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.starts_with(kCookie) || one.substr(kCookie.size(), 1) != "=") continue;
    if (!found.empty()) return {};
    found = one.substr(kCookie.size() + 1);
  }
  return found;
}

HttpResponse with_cookie(HttpResponse response, const std::string& value, const char* more = "") {
  response.headers.emplace_back("Set-Cookie",
                                std::string(kCookie) + "=" + value + kCookieRules + more);
  return response;
}

Result<auth::Caller> caller_of(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(auth::Caller caller, parts.gate.access.admit(token_in(request.cookie), request.peer));
  if (caller.key.kind != state::KeyKind::kSession) return auth::not_signed_in();
  return caller;
}

base::Status require_fresh(Parts& parts, const auth::Caller& caller) {
  if (parts.gate.access.is_fresh(caller)) return base::ok();
  return Error(ErrorCode::kRefused, "auth.step_up",
               "this needs a code or a passkey shown in the last five minutes");
}

HttpResponse done() { return net::json_response(api::Empty{true}.to_json()); }

std::vector<std::string> base64_of(const std::vector<Bytes>& ids) {
  std::vector<std::string> texts;
  for (const Bytes& id : ids) texts.push_back(base::to_base64(id));
  return texts;
}

Result<auth::SignInAnswer> answer_in(const api::PasskeyShown& message) {
  auth::SignInAnswer answer;
  CN_ASSIGN(answer.passkey_id, base::from_base64(message.passkey));
  CN_ASSIGN(answer.client_data, base::from_base64(message.client_data));
  CN_ASSIGN(answer.authenticator_data, base::from_base64(message.authenticator_data));
  CN_ASSIGN(answer.signature, base::from_base64(message.signature));
  CN_ASSIGN(answer.user_handle, base::from_base64(message.user_handle));
  return answer;
}

/// Notes what was wrong with a passkey, and whose it is; whoever asks is told the one thing.
Error passkey_failure(Parts& parts, audit::Kind kind, const HttpRequest& request,
                      const Bytes& passkey, const Error& error) {
  if (error.code != ErrorCode::kRefused) return error;
  audit::Event event = event_of(kind, request);
  event.word("factor", "passkey").error(error);
  if (const auto row = parts.page->rows.find(passkey); row.ok() && row->has_value()) {
    event.user((*row)->person);
  }
  parts.audit.note(std::move(event));
  spdlog::warn("a passkey was not accepted: {}", error.rule);
  return auth::not_signed_in();
}

HttpResponse asked(const Parts& parts, const auth::PasskeyChallenge& begun) {
  const api::PasskeyAsked message{begun.attempt, parts.page->passkeys.site().rp_id,
                                  base::to_base64(begun.challenge), base64_of(begun.allowed)};
  return net::json_response(message.to_json());
}

// --- coming in ---

/// A session that the browser still held ends with the sign-in that replaces it.
Result<HttpResponse> came_in(Parts& parts, const HttpRequest& request,
                             const api::SignedIn& signed_in) {
  if (const auto before = caller_of(parts, request); before.ok()) {
    CN_RETURN_IF_ERROR(parts.gate.access.end(before->key.id));
  }
  return with_cookie(done(), signed_in.token);
}

Result<HttpResponse> sign_in(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const auto signed_in, sign_in_by_code(parts, request));
  return came_in(parts, request, signed_in);
}

Result<HttpResponse> sign_in_challenge(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(auto message, api::PasswordShown::from_json(base::text_of(request.body)));
  const auto right = parts.gate.sign_in.check_password(message.user, message.password);
  base::wipe(message.password.data(), message.password.size());
  const auto begun = right.ok() ? parts.page->passkeys.begin_sign_in(message.user)
                                : Result<auth::PasskeyChallenge>(right.error());
  if (begun.ok()) return asked(parts, *begun);
  audit::Event event = event_of(audit::Kind::kSignInDenied, request);
  event.fingerprint("claimed", parts.audit.fingerprint("claimed", base::view_of(message.user)));
  parts.audit.note(std::move(event.error(begun.error())));
  // Whether the password was right is told to those alone who have a passkey to show.
  if (begun.error().rule == "passkey.none") return auth::not_signed_in();
  return begun.error();
}

Result<HttpResponse> sign_in_passkey(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const auto message, api::PasskeyShown::from_json(base::text_of(request.body)));
  CN_ASSIGN(const auto answer, answer_in(message));
  const auto shown =
      parts.page->passkeys.finish_sign_in(message.attempt, answer, parts.gate.clock->now_s());
  if (!shown.ok()) {
    return passkey_failure(parts, audit::Kind::kSignInDenied, request, answer.passkey_id,
                           shown.error());
  }
  const auto signed_in =
      parts.gate.sign_in.sign_in_with_passkey(shown->person, shown->id, request.peer);
  audit::Event event =
      event_of(signed_in.ok() ? audit::Kind::kSignIn : audit::Kind::kSignInDenied, request);
  event.person(shown->person).word("factor", "passkey");
  if (!signed_in.ok()) {
    parts.audit.note(std::move(event.error(signed_in.error())));
    return signed_in.error();
  }
  CN_RETURN_IF_ERROR(parts.audit.record(std::move(event.action("made"))));
  return came_in(parts, request, *signed_in);
}

// --- for whoever is signed in ---

Result<HttpResponse> sign_out(Parts& parts, const auth::Caller& caller, const HttpRequest&) {
  CN_RETURN_IF_ERROR(parts.gate.access.end(caller.key.id));
  return with_cookie(done(), "", "; Max-Age=0");
}

Result<HttpResponse> account(Parts& parts, const HttpRequest& request) {
  api::PageAccount account;
  const auto caller = caller_of(parts, request);
  if (!caller.ok() && caller.error().code != ErrorCode::kNotSignedIn) return caller.error();
  if (!caller.ok()) return net::json_response(account.to_json());
  account.signed_in = true;
  account.user = caller->person.name;
  account.roles = people::role_words_of(caller->person);
  account.may_ask = people::require_role(caller->person, info::kMakeAccessKey.people).ok();
  CN_ASSIGN(auto keys, parts.gate.access.list(*caller, false));
  account.keys = std::move(keys.keys);
  CN_ASSIGN(const auto passkeys, parts.page->rows.of_person(account.user));
  for (const state::Passkey& passkey : passkeys) {
    account.passkeys.push_back({base::to_base64(passkey.id), passkey.name,
                                static_cast<std::uint64_t>(passkey.made_at),
                                static_cast<std::uint64_t>(passkey.last_used_at.value_or(0)),
                                passkey.locked_at.has_value()});
  }
  return net::json_response(account.to_json());
}

Result<HttpResponse> step_up_challenge(Parts& parts, const auth::Caller& caller,
                                       const HttpRequest&) {
  const auto begun = parts.page->passkeys.begin_step_up(caller.person.name, caller.key.id);
  if (!begun.ok()) return begun.error();
  return asked(parts, *begun);
}

Result<HttpResponse> step_up_passkey(Parts& parts, const auth::Caller& caller,
                                     const HttpRequest& request) {
  CN_ASSIGN(const auto message, api::PasskeyShown::from_json(base::text_of(request.body)));
  CN_ASSIGN(const auto answer, answer_in(message));
  const auto shown = parts.page->passkeys.finish_step_up(caller.person.name, caller.key.id, answer,
                                                         parts.gate.clock->now_s());
  if (!shown.ok()) {
    return passkey_failure(parts, audit::Kind::kFactor, request, answer.passkey_id, shown.error());
  }
  CN_RETURN_IF_ERROR(
      parts.gate.sign_in.step_up_with_passkey(caller.person.name, caller.key.id, shown->id));
  return done();
}

Result<HttpResponse> make_key(Parts& parts, const auth::Caller& caller,
                              const HttpRequest& request) {
  CN_RETURN_IF_ERROR(people::require_role(caller.person, info::kMakeAccessKey.people));
  return make_access_key(parts, caller, request);
}

Result<HttpResponse> revoke_key(Parts& parts, const auth::Caller& caller,
                                const HttpRequest& request) {
  CN_ASSIGN(const auto message, api::NamedId::from_json(base::text_of(request.body)));
  CN_ASSIGN(const auto owner, parts.gate.access.owner(message.id));
  if (owner != caller.person.name) {
    return Error(ErrorCode::kBadInput, "access_key.not_found",
                 "you have no access key or session with this id");
  }
  CN_ASSIGN(const bool changed, parts.gate.access.end(message.id));
  return net::json_response(api::AccessKeyRevoked{message.id, changed}.to_json());
}

Result<HttpResponse> offer_passkey(Parts& parts, const auth::Caller& caller, const HttpRequest&) {
  CN_RETURN_IF_ERROR(require_fresh(parts, caller));
  CN_ASSIGN(const auto begun,
            parts.page->passkeys.begin_registration(caller.person.name, caller.key.id));
  const api::PasskeyOffer message{
      parts.page->passkeys.site().rp_id,
      base::to_base64(begun.challenge),
      caller.person.name,
      base::to_base64(begun.user_handle),
      base64_of(begun.known),
      {auth::kPasskeyAlgorithms.begin(), auth::kPasskeyAlgorithms.end()}};
  return net::json_response(message.to_json());
}

Result<HttpResponse> register_passkey(Parts& parts, const auth::Caller& caller,
                                      const HttpRequest& request) {
  CN_RETURN_IF_ERROR(require_fresh(parts, caller));
  CN_ASSIGN(const auto message, api::PasskeyMade::from_json(base::text_of(request.body)));
  auth::RegistrationAnswer answer;
  CN_ASSIGN(answer.client_data, base::from_base64(message.client_data));
  CN_ASSIGN(answer.attestation_object, base::from_base64(message.attestation_object));
  const auto made = parts.page->passkeys.finish_registration(
      caller.person.name, caller.key.id, message.name, answer, parts.gate.clock->now_s());
  if (made.ok()) return done();
  if (made.error().code == ErrorCode::kRefused) return auth::passkey_refusal();
  return made.error();
}

Result<HttpResponse> remove_passkey(Parts& parts, const auth::Caller& caller,
                                    const HttpRequest& request) {
  CN_RETURN_IF_ERROR(require_fresh(parts, caller));
  CN_ASSIGN(const auto message, api::NamedId::from_json(base::text_of(request.body)));
  CN_ASSIGN(const Bytes id, base::from_base64(message.id));
  CN_ASSIGN(const bool removed, parts.page->rows.remove(id, caller.person.name));
  if (removed) return done();
  return Error(ErrorCode::kBadInput, "passkey.not_found", "you have no such passkey");
}

base::Status check_origin(const Parts& parts, const HttpRequest& request) {
  const std::string& origin = parts.page->passkeys.site().origin;
  if (request.origin == origin) return base::ok();
  return Error(ErrorCode::kRefused, "page.origin",
               "this is for the gatekeeper's own page at " + origin, "open that address");
}

using OpenHandler = Result<HttpResponse> (*)(Parts&, const HttpRequest&);
using CallerHandler = Result<HttpResponse> (*)(Parts&, const auth::Caller&, const HttpRequest&);

/// A route that the page alone may call.
net::Route open_page_route(Parts& parts, const api::RouteInfo& route, OpenHandler handler) {
  return open_route(
      route, [&parts, route, handler](const HttpRequest& request) -> Result<HttpResponse> {
        const base::Status from_page = check_origin(parts, request);
        if (!from_page.ok()) {
          return not_admitted(parts, route, request, nullptr, from_page.error());
        }
        return recorded(parts, route, request, nullptr, [&] { return handler(parts, request); });
      });
}

/// The same, for whoever is signed in there.
net::Route signed_in_route(Parts& parts, const api::RouteInfo& route, CallerHandler handler) {
  return open_route(
      route, [&parts, route, handler](const HttpRequest& request) -> Result<HttpResponse> {
        const base::Status from_page = check_origin(parts, request);
        const auto caller =
            from_page.ok() ? caller_of(parts, request) : Result<auth::Caller>(from_page.error());
        if (!caller.ok()) return not_admitted(parts, route, request, nullptr, caller.error());
        return recorded(parts, route, request, &*caller,
                        [&] { return handler(parts, *caller, request); });
      });
}
}  // namespace
}  // namespace on_page

void add_page_routes(Parts& parts, std::vector<net::Route>& routes) {
  namespace info = api::gatekeeper;
  CHECK(parts.page != nullptr);
  const auto add_open = [&](const api::RouteInfo& route, on_page::OpenHandler handler) {
    routes.push_back(on_page::open_page_route(parts, route, handler));
  };
  const auto add_signed_in = [&](const api::RouteInfo& route, on_page::CallerHandler handler) {
    routes.push_back(on_page::signed_in_route(parts, route, handler));
  };
  add_open(info::kPageAccount, on_page::account);
  add_open(info::kPageSignIn, on_page::sign_in);
  add_open(info::kPageSignInChallenge, on_page::sign_in_challenge);
  add_open(info::kPageSignInPasskey, on_page::sign_in_passkey);
  add_signed_in(info::kPageSignOut, on_page::sign_out);
  add_signed_in(info::kPageStepUp, step_up_by_code);
  add_signed_in(info::kPageStepUpChallenge, on_page::step_up_challenge);
  add_signed_in(info::kPageStepUpPasskey, on_page::step_up_passkey);
  add_signed_in(info::kPageMakeAccessKey, on_page::make_key);
  add_signed_in(info::kPageRevokeAccessKey, on_page::revoke_key);
  add_signed_in(info::kPagePasskeyOffer, on_page::offer_passkey);
  add_signed_in(info::kPageRegisterPasskey, on_page::register_passkey);
  add_signed_in(info::kPageRemovePasskey, on_page::remove_passkey);
}

void add_page_files(Parts& parts, std::vector<net::Route>& routes) {
  CHECK(parts.page != nullptr);
  for (const PageFile& file : page_files()) {
    net::Route route;
    route.method = "GET";
    route.pattern = file.path;
    route.roles = {net::PeerRole::kNone};
    route.max_body_bytes = 0;
    route.handler = [file](const net::HttpRequest&) -> base::Result<net::HttpResponse> {
      return on_page::file_response(file);
    };
    routes.push_back(std::move(route));
  }
}

}  // namespace cryptonet::gatekeeper::serve
