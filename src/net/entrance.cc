// SPDX-License-Identifier: Apache-2.0
#include "net/entrance.h"

namespace cryptonet::net {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Clock = TokenBuckets::Clock;

/// The deployment's own servers: the gatekeeper's one certificate carries everybody's questions,
/// which were counted where they came from.
bool is_server(const Peer& peer) {
  return peer.role == PeerRole::kGatekeeper || peer.role == PeerRole::kCloud;
}
}  // namespace

std::string owner_of(const Peer& peer) {
  if (peer.role == PeerRole::kNone) return peer.address;
  return std::string(base::text_of(peer.certificate_hash));
}

std::string owner_of_bytes(const Peer& peer) {
  if (peer.role == PeerRole::kNone) return peer.address;
  return std::string(role_name(peer.role)) + ":" + peer.name;
}

Entrance::Entrance(const ServerOptions& options)
    : options_(options),
      bodies_({options.max_body_bytes_in_flight, options.max_body_bytes_per_peer}),
      of_certificate_(options.rates.certificate),
      of_address_(options.rates.address),
      of_stranger_(options.rates.stranger),
      sign_ins_of_peer_(options.rates.sign_in),
      sign_ins_of_address_(options.rates.sign_in_address),
      handshakes_of_address_(options.rates.handshake_address),
      handshakes_(options.rates.handshake, 1) {}

Status Entrance::admit_rate(const Peer& peer, Lane lane) {
  if (is_server(peer)) return base::ok();
  const auto now = Clock::now();
  const bool stranger = peer.role == PeerRole::kNone;
  const std::string owner = owner_of(peer);
  struct Asked {
    TokenBuckets& buckets;
    const std::string& key;
    std::string_view who;
  };
  // The narrower one first: what it refuses is not held against the whole address.
  std::vector<Asked> asked;
  if (stranger) {
    asked.push_back({of_stranger_, owner, "this address, without a certificate,"});
  } else {
    asked.push_back({of_certificate_, owner, "this machine"});
  }
  asked.push_back({of_address_, peer.address, "this address"});
  if (lane == Lane::kSignIn) {
    asked.push_back({sign_ins_of_peer_, owner, "this machine"});
    asked.push_back({sign_ins_of_address_, peer.address, "this address"});
  }
  for (const Asked& each : asked) {
    const auto wait = each.buckets.take(each.key, now);
    if (wait > Clock::duration::zero()) return too_many_requests(each.who, wait);
  }
  return base::ok();
}

Result<RouteMatch> Entrance::route(const RequestHead& head, const Peer& peer) const {
  CN_ASSIGN(const Target target, parse_target(head.target));
  CN_ASSIGN(RouteMatch match, match_route(options_.routes, head.method, target));
  CN_RETURN_IF_ERROR(check_role(*match.route, peer));
  if (head.content_length && *head.content_length > match.route->max_body_bytes) {
    return too_large(match.route->max_body_bytes);
  }
  return match;
}

Result<RouteMatch> Entrance::admit(const RequestHead& head, const Peer& peer) {
  auto match = route(head, peer);
  // Counted before anything is told: wrong paths are asked as often as right ones.
  CN_RETURN_IF_ERROR(admit_rate(peer, match.ok() ? match->route->lane : Lane::kWork));
  if (!match.ok()) return match;
  // One that says how much will come and cannot fit is not begun.
  if (!bodies_.has_room(owner_of_bytes(peer), head.content_length.value_or(0))) {
    return busy_server();
  }
  return match;
}

bool Entrance::admit_handshake(const std::string& address) {
  return handshakes_of_address_.take(address, Clock::now()) == Clock::duration::zero();
}

Clock::duration Entrance::handshake_pause() { return handshakes_.reserve("", Clock::now()); }

Error malformed_request() {
  return Error(ErrorCode::kBadInput, "http.malformed",
               "the request is not well-formed HTTP/1.1, or its header is over 16 KiB");
}

Error too_large(std::size_t limit) {
  return Error(ErrorCode::kBadInput, "http.too_large",
               "the body of this request may have at most " + std::to_string(limit) + " bytes");
}

Error busy_server() {
  return Error(ErrorCode::kUnreachable, "http.busy", "the server has too much to do at the moment",
               "try again in a few seconds");
}

Error stopping_server() {
  return Error(ErrorCode::kUnreachable, "http.stopping", "the server is stopping",
               "try again when it runs again");
}

}  // namespace cryptonet::net
