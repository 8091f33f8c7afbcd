// SPDX-License-Identifier: Apache-2.0
// What strangers send around the bodies of HTTP: request targets, addresses, error answers,
// certificates and certificate requests. No crash; a decoded path holds no control character.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/certificate.h"
#include "net/error_body.h"
#include "net/target.h"

namespace {

using namespace cryptonet;

/// "METHOD TARGET" to the routes of a small server.
void check_routing(const std::string& text) {
  static const std::vector<net::Route> routes = {
      {"GET", "/v1/status", {net::PeerRole::kNone}, 0, {}},
      {"POST", "/v1/uploads/{}/totals", {net::PeerRole::kGatekeeper}, 0, {}},
      {"PUT", "/v1/uploads/{}/segments/{}", {net::PeerRole::kContributor}, 0, {}}};
  for (const std::string_view lane : {"work", "sign_in", "probe", "inline"}) {
    if ((net::lane_from_name(lane) == net::Lane::kWork) != (lane == "work")) std::abort();
  }
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return;
  const auto target = net::parse_target(text.substr(space + 1));
  if (!target.ok()) return;
  const auto match = net::match_route(routes, text.substr(0, space), *target);
  if (!match.ok()) return;
  for (const auto role : {net::PeerRole::kNone, net::PeerRole::kGatekeeper}) {
    net::Peer peer;
    peer.role = role;
    if (net::check_role(*match->route, peer).ok() !=
        (match->route->roles[0] == role || match->route->roles[0] == net::PeerRole::kNone)) {
      std::abort();
    }
  }
}

/// An answer that explains itself, or not; what we would send on says the same again.
void check_error(int status, const std::string& text) {
  const auto error = net::error_from_answer(status, base::view_of(text), "cloud");
  for (const char c : error.message + error.rule + error.hint + error.file) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') std::abort();
  }
  if (net::octet_response({text.begin(), text.end()}).body.size() != text.size()) std::abort();
  const base::Error stopped(base::ErrorCode::kInterrupted, error.rule, error.message);
  if (net::error_response(stopped).status != net::status_of(stopped)) std::abort();
  if (net::withheld_of(error).size() < error.file.size()) std::abort();
  const net::HttpResponse sent = net::error_response(error);
  if (sent.status != net::status_of(error) || sent.status < 400) std::abort();
  const auto again = net::error_from_answer(sent.status, sent.body, "cloud");
  if (again.code != error.code || again.line != error.line || again.column != error.column) {
    std::abort();
  }
}

/// A name through a request and a certificate comes back, with the role that it was given.
void check_named(std::string_view text) {
  static const auto validity = net::valid_from(std::chrono::system_clock::now(), 1);
  static const auto authority = net::make_authority("fuzz", validity).value();
  if (text.empty()) return;
  constexpr std::array kRoles = {net::PeerRole::kNone, net::PeerRole::kContributor,
                                 net::PeerRole::kResearcher, net::PeerRole::kGatekeeper,
                                 net::PeerRole::kCloud};
  const net::Subject subject{kRoles[static_cast<unsigned char>(text[0]) % kRoles.size()],
                             std::string(text.substr(1))};
  if (net::role_from_name(net::role_name(subject.role)) != subject.role) std::abort();
  const auto request = net::make_key_and_request(subject.name);
  const auto fresh = net::issue_with_new_key(authority, subject, validity);
  const bool can_be = request.ok() && subject.role != net::PeerRole::kNone;
  if (fresh.ok() != can_be) std::abort();
  if (can_be && !net::issue_for_key(authority, fresh->key_pem, subject, validity).ok())
    std::abort();
  if (!request.ok()) return;
  const auto issued = net::issue_certificate(authority, request->csr_pem, subject, validity);
  if (issued.ok() != can_be) std::abort();
  if (!can_be) return;
  const auto read = net::read_certificate(*issued);
  if (!read.ok() || read->name != subject.name || read->role != subject.role) std::abort();
}

/// A request of hostile bytes.
void check_request(const std::string& text) {
  static const auto validity = net::valid_from(std::chrono::system_clock::now(), 1);
  static const auto authority = net::make_authority("fuzz", validity).value();
  const net::Subject cloud{net::PeerRole::kCloud, "c"};
  static_cast<void>(net::issue_certificate(authority, text, cloud, validity).ok());
  static_cast<void>(net::issue_for_key(authority, text, cloud, validity).ok());
  const net::Validity none{validity.not_after, validity.not_after};
  if (net::issue_with_new_key({text, text}, cloud, validity).ok() ||
      net::issue_with_new_key(authority, cloud, none).ok()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0: {
      if (const auto token = net::bearer_of(text); !token.empty() && !text.ends_with(token)) {
        std::abort();
      }
      const auto target = net::parse_target(text);
      if (!target.ok()) break;
      for (const char c : target->path) {
        if (static_cast<unsigned char>(c) < 0x20) std::abort();
      }
      break;
    }
    case 1:
      check_error(400 + data[0], text);
      break;
    case 2:
      static_cast<void>(net::read_certificate(text).ok());
      break;
    case 3:
      if (const auto address = net::parse_url(text); address.ok()) {
        const auto again = net::parse_url("https://" + net::host_port_text(*address));
        if (!again.ok() || again->host != address->host) std::abort();
      }
      if (const auto address = net::parse_host_port(text); address.ok()) {
        const auto again = net::parse_host_port(net::host_port_text(*address));
        if (!again.ok() || again->port != address->port) std::abort();
      }
      break;
    case 4:
      check_routing(text);
      break;
    case 5:
      check_request(text);
      break;
    default:
      check_named(text);
  }
  return 0;
}
