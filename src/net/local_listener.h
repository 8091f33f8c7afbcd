// SPDX-License-Identifier: Apache-2.0
// Figures and health for whoever is on this machine: plain HTTP on a loopback address and nowhere
// else, GET alone, one request on a connection. A thread of its own answers one caller after the
// other, so the handlers may block a little.
#pragma once

#include "net/http.h"

namespace cryptonet::net {

class LocalListener {
 public:
  /// Paths to what answers them. kUsage when `listen` is not a loopback address and a port;
  /// kLocalIo when it cannot be had.
  using Pages = std::map<std::string, std::function<HttpResponse()>>;
  static base::Result<std::unique_ptr<LocalListener>> start(const std::string& listen, Pages pages);
  virtual ~LocalListener() = default;
  /// "http://127.0.0.1:9100" with the real port.
  virtual std::string url() const = 0;
};

/// The pages that every server has there when `--metrics` is given, and nothing when it is not:
/// /metrics, and /healthz and /readyz as on its main address.
class Metrics;
struct Serving;
base::Result<std::unique_ptr<LocalListener>> tell_figures(const Serving& serving, Metrics& metrics,
                                                          const HttpServer& server,
                                                          std::function<base::Status()> ready);

}  // namespace cryptonet::net
