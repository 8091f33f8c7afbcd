// SPDX-License-Identifier: Apache-2.0
// One connection of a server as a coroutine: handshake, then requests one after the other until
// either end has enough. Private to this folder; network thread only.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "net/connections.h"
#include "net/entrance.h"
#include "net/worker_pool.h"

namespace cryptonet::net {

/// What all connections of a server share. It outlives them.
struct ServerParts {
  explicit ServerParts(ServerOptions given)
      : options(std::move(given)),
        entrance(options),
        connections({options.max_connections, options.max_connections_per_certificate,
                     options.max_strangers_per_address}),
        workers({options.worker_threads, options.max_queued_requests,
                 options.max_queued_requests_per_peer}),
        probes({1, kMaxProbes, kMaxProbes}) {}
  static constexpr std::size_t kMaxProbes = 16;

  // Destroyed from the last to the first: workers, then everything that the coroutines refer to.
  ServerOptions options;
  Entrance entrance;
  Connections connections;
  bool stopping = false;
  std::function<void()> on_idle;  ///< called when a request ended while the server stops
  std::atomic<std::size_t> handshakes = 0;
  std::atomic<std::size_t> handshakes_failed = 0;
  std::atomic<std::size_t> refused_address = 0;
  boost::asio::io_context io{1};
  WorkerPool workers;
  WorkerPool probes;
};

boost::asio::awaitable<void> serve_connection(ServerParts& server,
                                              boost::asio::ip::tcp::socket socket,
                                              boost::asio::ssl::context& tls, std::string address);

}  // namespace cryptonet::net
