// SPDX-License-Identifier: Apache-2.0
// Parsing by hand: the grammar is small and every byte comes from a stranger.
#include "net/target.h"

#include <algorithm>
#include <charconv>

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Error bad_address(std::string_view wanted) {
  return Error(ErrorCode::kUsage, "http.address",
               "an address must look like " + std::string(wanted));
}

Error bad_target() {
  return Error(ErrorCode::kBadInput, "http.target",
               "the path or query of the request is malformed");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Percent escapes decoded; false for a bad one, or for a control character in either form.
bool decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '%') {
      if (text.size() - i < 3) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      byte = static_cast<unsigned char>(high * 16 + low);
      i += 2;
    }
    if (byte < 0x20 || byte == 0x7F) return false;
    out.push_back(static_cast<char>(byte));
  }
  return true;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool parse_path(std::string_view path, Target& target) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  if (!path.empty()) {
    for (const std::string_view part : split(path, '/')) {
      std::string segment;
      if (!decode(part, segment) || segment.empty() || segment == "." || segment == "..") {
        return false;
      }
      target.path += "/" + segment;
      target.segments.push_back(std::move(segment));
    }
  }
  if (target.path.empty()) target.path = "/";
  return true;
}

bool parse_query(std::string_view query, Target& target) {
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    std::string key;
    std::string value;
    if (!decode(part.substr(0, equals), key) || key.empty()) return false;
    if (equals != std::string_view::npos && !decode(part.substr(equals + 1), value)) return false;
    if (!target.query.emplace(std::move(key), std::move(value)).second) return false;
  }
  return true;
}

bool match_pattern(std::string_view pattern, const Target& target,
                   std::vector<std::string>& parameters) {
  if (pattern == "/") return target.segments.empty();
  const std::vector<std::string_view> parts = split(pattern.substr(1), '/');
  if (parts.size() != target.segments.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "{}") {
      parameters.push_back(target.segments[i]);
    } else if (parts[i] != target.segments[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  constexpr std::string_view kWanted = "HOST:PORT, for example 127.0.0.1:4443";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad_address(kWanted);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool good_host = host.size() <= 255 && std::all_of(host.begin(), host.end(), [&](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
                                  (bracketed && (c == ':' || c == '%'));
                         });
  HostPort result{std::string(host), 0};
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (!good_host || status != std::errc{} || end != digits.data() + digits.size() ||
      digits.empty()) {
    return bad_address(kWanted);
  }
  return result;
}

Result<HostPort> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kWanted = "https://HOST:PORT, for example https://127.0.0.1:4443";
  if (!url.starts_with(kScheme)) return bad_address(kWanted);
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  auto address = parse_host_port(url);
  if (!address.ok() || address->port == 0) return bad_address(kWanted);
  return address;
}

std::string host_port_text(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Target> parse_target(std::string_view target) {
  Target result;
  if (target.size() > kMaxTargetBytes) return bad_target();
  const std::size_t question = target.find('?');
  if (!parse_path(target.substr(0, question), result)) return bad_target();
  if (question != std::string_view::npos && !parse_query(target.substr(question + 1), result)) {
    return bad_target();
  }
  return result;
}

Result<RouteMatch> match_route(const std::vector<Route>& routes, std::string_view method,
                               const Target& target) {
  bool other_method = false;
  for (const Route& route : routes) {
    RouteMatch match{&route, {}};
    if (!match_pattern(route.pattern, target, match.parameters)) continue;
    if (route.method == method) return match;
    other_method = true;
  }
  if (other_method) {
    return Error(ErrorCode::kBadInput, "http.method", "this path does not take this HTTP method");
  }
  return Error(ErrorCode::kBadInput, "http.not_found", "there is no such path on this server");
}

std::string bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if ((authorization[i] | 0x20) != kScheme[i]) return {};
  }
  return std::string(authorization.substr(kScheme.size()));
}

Status check_role(const Route& route, const Peer& peer) {
  for (const PeerRole role : route.roles) {
    if (role == PeerRole::kNone || role == peer.role) return base::ok();
  }
  if (peer.role == PeerRole::kNone) {
    return Error(ErrorCode::kRefused, "http.no_certificate",
                 "this path needs a client certificate of the deployment",
                 "join first: cryptonet join --enrol FILE --home DIR --gatekeeper URL");
  }
  return Error(ErrorCode::kRefused, "http.role",
               "the role " + std::string(role_name(peer.role)) + " may not use this path");
}

}  // namespace cryptonet::net
