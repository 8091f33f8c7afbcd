// SPDX-License-Identifier: Apache-2.0
// The flags of every program that serves.
#pragma once

#include <CLI/CLI.hpp>

#include "net/serving.h"

namespace cryptonet::apps {

/// Adds them to a command; `serving` outlives its parsing.
inline void add_serving_flags(CLI::App& command, net::Serving& serving) {
  constexpr int kMaxSeconds = 3600;
  command
      .add_option("--max-connections", serving.max_connections,
                  "connections at once; each needs a file descriptor and about 70 kB")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--max-connections-per-machine", serving.max_connections_per_certificate,
                  "of them with one certificate")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--limit", serving.rates,
                     "NAME=PER_SECOND[:BURST], may be given several times: how often a person, "
                     "machine, address or stranger may ask (or sign-in, sign-in-address, "
                     "handshake, handshake-address); 0 sets no limit");
  const auto seconds = [&command](const char* name, std::chrono::seconds& value, const char* what) {
    command
        .add_option_function<int>(
            name, [&value](int given) { value = std::chrono::seconds(given); }, what)
        ->check(CLI::Range(0, kMaxSeconds));
  };
  seconds("--drain", serving.drain,
          "seconds to serve on after SIGTERM while /readyz says no; default: 0");
  seconds("--grace", serving.grace,
          "seconds that running requests have to end after that; default: 10");
  command.add_option("--metrics", serving.metrics,
                     "127.0.0.1:PORT: tell figures there, in plain HTTP, to whoever is on this "
                     "machine; default: nowhere");
}

}  // namespace cryptonet::apps
