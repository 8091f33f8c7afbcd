// SPDX-License-Identifier: Apache-2.0
// Coming in and going out, who one is, and access keys. Passwords are wiped from the message once
// they were hashed; the body that they came in dies with the request.
#include "gatekeeper/auth/admission.h"
#include "gatekeeper/people/rights.h"
#include "gatekeeper/serve/recording.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;
using net::HttpResponse;

void forget(std::string& secret) { base::wipe(secret.data(), secret.size()); }

Result<HttpResponse> bootstrap(Parts& parts, const net::HttpRequest& request) {
  CN_ASSIGN(auto message, api::BootstrapRequest::from_json(base::text_of(request.body)));
  const auto enrolled = parts.bootstrap.redeem(parts.gate, message);
  forget(message.password);
  forget(message.code);
  CN_RETURN_IF_ERROR(enrolled);
  return net::json_response(enrolled->to_json());
}

Result<HttpResponse> sign_in(Parts& parts, const net::HttpRequest& request) {
  CN_ASSIGN(const auto signed_in, sign_in_by_code(parts, request));
  return net::json_response(signed_in.to_json());
}

Result<HttpResponse> sign_out(Parts& parts, const auth::Caller& caller) {
  CN_ASSIGN(const bool done, parts.gate.access.end(caller.key.id));
  return net::json_response(api::Empty{done}.to_json());
}

Result<HttpResponse> who_am_i(const auth::Caller& caller) {
  api::WhoAmI who;
  who.user = caller.person.name;
  who.kind = caller.key.kind == state::KeyKind::kSession ? "session" : "access_key";
  who.id = caller.key.id;
  who.roles = people::role_words_of(caller.person);
  who.projects = people::grants_of(caller.person);
  who.scope = caller.key.scope;
  who.expires_at = static_cast<std::uint64_t>(caller.key.expires_at);
  who.idle_s = static_cast<std::uint64_t>(caller.key.idle_s);
  return net::json_response(who.to_json());
}

Result<HttpResponse> list_keys(Parts& parts, const auth::Caller& caller) {
  const bool custodian = caller.person.office == state::Role::kCustodian;
  CN_ASSIGN(const auto list, parts.gate.access.list(caller, custodian));
  return net::json_response(list.to_json());
}

/// A key of somebody else's is to those who are no custodians as if it were not there.
Result<HttpResponse> revoke_key(Parts& parts, const auth::Caller& caller, const std::string& id) {
  CN_ASSIGN(const auto owner, parts.gate.access.owner(id));
  const bool custodian = caller.person.office == state::Role::kCustodian;
  if (!owner.has_value() || (*owner != caller.person.name && !custodian)) {
    return base::Error(base::ErrorCode::kBadInput, "access_key.not_found",
                       "there is no access key or session with this id",
                       "cryptonet token list shows them");
  }
  CN_ASSIGN(const bool changed, parts.gate.access.end(id));
  return net::json_response(api::AccessKeyRevoked{id, changed}.to_json());
}
}  // namespace

Result<auth::Started> sign_in_by_code(Parts& parts, const net::HttpRequest& request) {
  CN_ASSIGN(auto message, api::SignInRequest::from_json(base::text_of(request.body)));
  const auto signed_in = parts.gate.sign_in.sign_in(message, request.peer);
  forget(message.password);
  CN_RETURN_IF_ERROR(signed_in);
  if (signed_in->by_recovery_code) {
    CN_RETURN_IF_ERROR(record_recovery_code(parts, request, signed_in->user));
  }
  return signed_in;
}

Result<HttpResponse> step_up_by_code(Parts& parts, const auth::Caller& caller,
                                     const net::HttpRequest& request) {
  CN_ASSIGN(const auto message, api::StepUpRequest::from_json(base::text_of(request.body)));
  CN_ASSIGN(const bool by_recovery_code,
            parts.gate.sign_in.step_up(caller.person.name, caller.key.id, message.code));
  if (by_recovery_code) {
    CN_RETURN_IF_ERROR(record_recovery_code(parts, request, caller.person.name));
  }
  return net::json_response(api::Empty{true}.to_json());
}

Result<HttpResponse> make_access_key(Parts& parts, const auth::Caller& caller,
                                     const net::HttpRequest& request) {
  CN_ASSIGN(const auto message, api::AccessKeyRequest::from_json(base::text_of(request.body)));
  CN_RETURN_IF_ERROR(people::check_scope(parts.gate.people, caller, message.scope));
  CN_ASSIGN(const auto made, parts.gate.access.make(caller, message));
  return net::json_response(made.to_json());
}

void add_sign_in_routes(Parts& parts, std::vector<net::Route>& routes) {
  namespace info = api::gatekeeper;
  routes.push_back(admitted_route(parts, info::kBootstrap,
                                  [&parts](const auto&, const net::HttpRequest& request) {
                                    return bootstrap(parts, request);
                                  }));
  routes.push_back(admitted_route(
      parts, info::kSignIn,
      [&parts](const auto&, const net::HttpRequest& request) { return sign_in(parts, request); }));
  const auto add = [&](const api::RouteInfo& route, auto handler) {
    routes.push_back(person_route(
        parts, route, [&parts, handler](const auto& caller, const net::HttpRequest& request) {
          return handler(parts, *caller, request);
        }));
  };
  add(info::kSignOut,
      [](Parts& p, const auto& caller, const auto&) { return sign_out(p, caller); });
  add(info::kStepUp, step_up_by_code);
  add(info::kWhoAmI, [](Parts&, const auto& caller, const auto&) { return who_am_i(caller); });
  add(info::kMakeAccessKey, make_access_key);
  add(info::kListAccessKeys,
      [](Parts& p, const auto& caller, const auto&) { return list_keys(p, caller); });
  add(info::kRevokeAccessKey, [](Parts& p, const auto& caller, const net::HttpRequest& request) {
    return revoke_key(p, caller, request.path_parameters.at(0));
  });
}

}  // namespace cryptonet::gatekeeper::serve
