// SPDX-License-Identifier: Apache-2.0
// What an operator may set of a server, the same for every program that serves, and how serving
// ends.
#pragma once

#include "net/http.h"

namespace cryptonet::net {

struct Serving {
  std::size_t max_connections = ServerOptions().max_connections;
  std::size_t max_connections_per_certificate = ServerOptions().max_connections_per_certificate;
  std::vector<std::string> rates;  ///< of set_rate(); what is left out keeps its default
  /// After a stop signal: how long to serve on while saying that the server is not ready, and then
  /// how long running requests may take to end.
  std::chrono::seconds drain{0};
  std::chrono::seconds grace{10};
  std::string metrics;  ///< HOST:PORT of this machine's own; empty: no figures are told
};

/// "person=50" (a second) or "sign-in=2:10" (2 a second, 10 at once): "person=0" sets no limit.
/// kUsage, naming the limits that there are, for anything else. Without a burst it is ten seconds'
/// worth.
base::Status set_rate(std::string_view text, Rates& rates);
/// The defaults with all of `texts` set.
base::Result<Rates> rates_from(const std::vector<std::string>& texts);
/// Takes over the numbers into options of a server.
base::Status apply(const Serving& serving, ServerOptions& options);

/// Called after a stop signal: serves on for the drain, lets work end within the grace, and then
/// breaks off what is left (base/stop.h).
void end_serving(HttpServer& server, const Serving& serving);

}  // namespace cryptonet::net
