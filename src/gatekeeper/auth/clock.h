// SPDX-License-Identifier: Apache-2.0
// Time for everything that ends by itself: seconds since 1970 that never go back and never stand
// still. A clock that is set back goes on at the pace of the machine's uptime; one that is set
// forward ends sessions early, never late. Over a restart of the program the uptime goes on; after
// a restart of the machine nothing tells how long it was off, so every session and key ends then.
// Any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "gatekeeper/state/access_keys.h"

namespace cryptonet::gatekeeper::auth {

/// Where time comes from; replaceable for tests.
struct TimeSource {
  std::function<std::int64_t()> wall_s;  ///< the system's clock, which somebody may set
  std::function<std::int64_t()> boot_s;  ///< since the machine was started, sleep included
  std::string boot_id;                   ///< of that start
};
TimeSource system_time();

class Clock {
 public:
  /// Goes on from the time that the state has seen, and ends every key when the machine was
  /// restarted since.
  static base::Result<std::unique_ptr<Clock>> start(state::Database& database, TimeSource source);

  std::int64_t now_s();
  /// The system's clock as it is, for codes of authenticator apps.
  std::int64_t wall_s() const { return source_.wall_s(); }
  /// Writes the time down. Called now and then, and before a key is given out.
  base::Status remember();

 private:
  Clock(state::Database& database, TimeSource source)
      : keys_(database), source_(std::move(source)) {}
  /// Under the mutex.
  std::int64_t advance();
  state::AccessKeys keys_;
  TimeSource source_;
  std::mutex mutex_;
  std::int64_t latest_s_ = 0;
  std::int64_t latest_boot_s_ = 0;
};

}  // namespace cryptonet::gatekeeper::auth
