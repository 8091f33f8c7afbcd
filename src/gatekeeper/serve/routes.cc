// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/routes.h"

#include <charconv>

#include "gatekeeper/auth/admission.h"

namespace cryptonet::gatekeeper::serve {
using base::Error;
using base::ErrorCode;
using base::Result;

net::Route open_route(const api::RouteInfo& info, net::Handler handler) {
  net::Route route;
  route.method = info.method;
  route.pattern = info.pattern;
  route.max_body_bytes = info.max_body_bytes;
  if (info.anybody) route.roles.push_back(net::PeerRole::kNone);
  for (const std::string_view role : info.roles) {
    route.roles.push_back(net::role_from_name(role));
  }
  route.handler = std::move(handler);
  return route;
}

net::Route admitted_route(Parts& parts, const api::RouteInfo& info, PrincipalHandler handler) {
  CHECK(!info.anybody);
  return open_route(
      info,
      [&parts,
       handler = std::move(handler)](const net::HttpRequest& request) -> Result<net::HttpResponse> {
        CN_ASSIGN(const auto principal, auth::principal_of(parts.home.identities(), request.peer));
        return handler(principal, request);
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
