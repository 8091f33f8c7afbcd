// SPDX-License-Identifier: Apache-2.0
// What a server decides about a request before it reads the body: where it goes, whether this peer
// may ask, whether it asks too often, and whether there is room. Private to this folder. One
// thread, but for the rates.
#pragma once

#include "net/body_budget.h"
#include "net/target.h"
#include "net/token_buckets.h"

namespace cryptonet::net {

/// What the header of a request says.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
};

/// The name under which a peer's requests are counted: a machine's.
std::string owner_of(const Peer& peer);
/// The name under which the bytes of its bodies are: the enrolment's, which may have joined with
/// any number of machines.
std::string owner_of_bytes(const Peer& peer);

class Entrance {
 public:
  explicit Entrance(const ServerOptions& options);
  /// The route and its parameters, or why not.
  base::Result<RouteMatch> admit(const RequestHead& head, const Peer& peer);
  /// The same without asking how often (for tests of routing).
  base::Result<RouteMatch> route(const RequestHead& head, const Peer& peer) const;
  BodyBudget& bodies() { return bodies_; }
  /// Whether another handshake from this address may begin, and how long it has to wait for its
  /// turn among all: handshakes are the dearest thing that a stranger can ask for.
  bool admit_handshake(const std::string& address);
  TokenBuckets::Clock::duration handshake_pause();

 private:
  base::Status admit_rate(const Peer& peer, Lane lane);
  const ServerOptions& options_;
  BodyBudget bodies_;
  TokenBuckets of_certificate_;
  TokenBuckets of_address_;
  TokenBuckets of_stranger_;
  TokenBuckets sign_ins_of_peer_;
  TokenBuckets sign_ins_of_address_;
  TokenBuckets handshakes_of_address_;
  TokenBuckets handshakes_;
};

base::Error malformed_request();
base::Error too_large(std::size_t limit);
base::Error busy_server();
base::Error stopping_server();

}  // namespace cryptonet::net
