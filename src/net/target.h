// SPDX-License-Identifier: Apache-2.0
// Request targets and URLs as text: "https://host:port", "host:port", "/a/b%20c?x=1". Percent
// escapes are decoded after the path is cut at its slashes, so an escaped slash stays inside its
// segment.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace cryptonet::net {

struct HostPort {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;
};
/// kUsage for anything but https://HOST:PORT, with an optional slash at the end.
base::Result<HostPort> parse_url(std::string_view url);
/// kUsage for anything but HOST:PORT or [IPV6]:PORT.
base::Result<HostPort> parse_host_port(std::string_view text);
/// "host:port", with brackets where the host is an IPv6 address.
std::string host_port_text(const HostPort& address);

struct Target {
  std::string path;                   ///< decoded
  std::vector<std::string> segments;  ///< decoded; "/" has none
  std::map<std::string, std::string> query;
};
inline constexpr std::size_t kMaxTargetBytes = 4096;
/// kBadInput for a bad escape, a control character, an empty or dot segment, or a key given twice.
base::Result<Target> parse_target(std::string_view target);

/// One route and what its {} matched, in order.
struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::string> parameters;
};
/// The route for this method and path: rule "http.not_found" when no pattern fits, "http.method"
/// when one fits another method. `routes` outlives the match.
base::Result<RouteMatch> match_route(const std::vector<Route>& routes, std::string_view method,
                                     const Target& target);
/// The token of an Authorization header of the scheme Bearer (RFC 6750 2.1); empty for any other.
std::string bearer_of(std::string_view authorization);
/// Whether this peer may call the route: "http.no_certificate" or "http.role" otherwise.
base::Status check_role(const Route& route, const Peer& peer);

}  // namespace cryptonet::net
