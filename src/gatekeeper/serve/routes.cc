// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/routes.h"

#include <algorithm>
#include <charconv>

#include "gatekeeper/auth/admission.h"
#include "gatekeeper/people/rights.h"
#include "gatekeeper/serve/recording.h"

namespace cryptonet::gatekeeper::serve {
using base::Error;
using base::ErrorCode;
using base::Result;

net::Route open_route(const api::RouteInfo& info, net::Handler handler) {
  net::Route route;
  route.method = info.method;
  route.pattern = info.pattern;
  route.max_body_bytes = info.max_body_bytes;
  route.lane = net::lane_from_name(info.lane);
  if (info.anybody) route.roles.push_back(net::PeerRole::kNone);
  for (const std::string_view role : info.roles) {
    route.roles.push_back(net::role_from_name(role));
  }
  route.handler = std::move(handler);
  return route;
}

net::Route admitted_route(Parts& parts, const api::RouteInfo& info, PrincipalHandler handler) {
  CHECK(!info.anybody);
  return open_route(info,
                    [&parts, info, handler = std::move(handler)](
                        const net::HttpRequest& request) -> Result<net::HttpResponse> {
                      const auto principal =
                          auth::principal_of(parts.home.identities(), request.peer);
                      if (!principal.ok()) {
                        return not_admitted(parts, info, request, nullptr, principal.error());
                      }
                      return recorded(parts, info, request, nullptr,
                                      [&] { return handler(*principal, request); });
                    });
}

namespace {
bool may_come_alone(const api::RouteInfo& info, const net::Peer& machine) {
  return std::find(info.alone.begin(), info.alone.end(), net::role_name(machine.role)) !=
         info.alone.end();
}

/// Whether this caller may use the route at all.
base::Status check_caller(Parts& parts, const api::RouteInfo& info, const auth::Caller& caller) {
  if (caller.key.kind == state::KeyKind::kAccessKey && !info.access_keys) {
    return Error(ErrorCode::kRefused, "access_key.questions_only",
                 "an access key asks questions and does nothing else", "cryptonet login");
  }
  CN_RETURN_IF_ERROR(people::require_role(caller.person, info.people));
  if (info.step_up && !parts.gate.access.is_fresh(caller)) {
    return Error(ErrorCode::kRefused, "auth.step_up",
                 "this needs a second factor shown in the last " +
                     std::to_string(auth::kFreshS / 60) + " minutes",
                 "cryptonet login --step-up");
  }
  return base::ok();
}

/// Nobody, where the machine may come alone and brings no token.
base::Status admit_caller(Parts& parts, const api::RouteInfo& info, const net::HttpRequest& request,
                          std::optional<auth::Caller>& caller) {
  CN_RETURN_IF_ERROR(auth::principal_of(parts.home.identities(), request.peer));
  if (request.bearer.empty() && may_come_alone(info, request.peer)) return base::ok();
  CN_ASSIGN(caller, parts.gate.access.admit(request.bearer, request.peer));
  CN_RETURN_IF_ERROR(parts.limits.person(caller->person.name));
  return check_caller(parts, info, *caller);
}
}  // namespace

net::Route person_route(Parts& parts, const api::RouteInfo& info, PersonHandler handler) {
  CHECK(!info.people.empty());
  return open_route(
      info,
      [&parts, info,
       handler = std::move(handler)](const net::HttpRequest& request) -> Result<net::HttpResponse> {
        std::optional<auth::Caller> caller;
        const base::Status admitted = admit_caller(parts, info, request, caller);
        const auth::Caller* who = caller.has_value() ? &*caller : nullptr;
        // A record of each would let a flood fill the log: the figures count them.
        if (!admitted.ok() && admitted.error().rule == "rate.too_many") return admitted.error();
        if (!admitted.ok()) return not_admitted(parts, info, request, who, admitted.error());
        return recorded(parts, info, request, who, [&] { return handler(caller, request); });
      });
}

Result<state::UploadId> parse_upload_id(const std::string& hex) {
  state::UploadId id;
  if (base::from_hex(hex, id.bytes)) return id;
  return Error(ErrorCode::kBadInput, "upload.id",
               "the id of an upload is 32 lower-case hexadecimal digits");
}

Result<std::uint64_t> parse_number(const std::string& text, const std::string& what) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || std::to_string(value) != text) {
    return Error(ErrorCode::kBadInput, "path.number", what + " must be a decimal number");
  }
  return value;
}

std::int64_t now_s() { return auth::unix_seconds(std::chrono::system_clock::now()); }

}  // namespace cryptonet::gatekeeper::serve
