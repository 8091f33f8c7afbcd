// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/clock.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace cryptonet::gatekeeper::auth {
using base::Result;
using base::Status;

TimeSource system_time() {
  TimeSource source;
  source.wall_s = [] {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  source.boot_s = [] {
    timespec since{};
    CHECK(::clock_gettime(CLOCK_BOOTTIME, &since) == 0);
    return static_cast<std::int64_t>(since.tv_sec);
  };
  std::ifstream("/proc/sys/kernel/random/boot_id") >> source.boot_id;
  return source;
}

Result<std::unique_ptr<Clock>> Clock::start(state::Database& database, TimeSource source) {
  std::unique_ptr<Clock> clock(new Clock(database, std::move(source)));
  state::AccessKeys& keys = clock->keys_;
  const TimeSource& from = clock->source_;
  const std::int64_t boot_s = from.boot_s();
  CN_ASSIGN(const auto seen, keys.seen_time());
  const std::int64_t latest_s = seen.has_value() ? seen->latest_s : 0;
  const bool same_start = seen.has_value() && !from.boot_id.empty() &&
                          seen->boot_id == from.boot_id && boot_s >= seen->boot_s;
  const std::int64_t floor_s = same_start ? latest_s + boot_s - seen->boot_s : latest_s;
  clock->latest_s_ = std::max(floor_s, from.wall_s());
  clock->latest_boot_s_ = boot_s;
  if (seen.has_value() && !same_start) CN_RETURN_IF_ERROR(keys.end_all(clock->latest_s_));
  CN_RETURN_IF_ERROR(clock->remember());
  return clock;
}

std::int64_t Clock::now_s() {
  const std::lock_guard lock(mutex_);
  return advance();
}

std::int64_t Clock::advance() {
  const std::int64_t boot_s = source_.boot_s();
  latest_s_ =
      std::max(latest_s_ + std::max<std::int64_t>(boot_s - latest_boot_s_, 0), source_.wall_s());
  latest_boot_s_ = std::max(latest_boot_s_, boot_s);
  return latest_s_;
}

Status Clock::remember() {
  state::SeenTime time;
  {
    const std::lock_guard lock(mutex_);  // both of one moment
    time = {advance(), source_.boot_id, latest_boot_s_};
  }
  return keys_.see_time(time);
}

}  // namespace cryptonet::gatekeeper::auth
