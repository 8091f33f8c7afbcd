// SPDX-License-Identifier: Apache-2.0
// How often somebody may do something: a bucket of tokens for each key, filled at a steady rate up
// to a burst. The number of buckets is bounded: the one that was used longest ago is forgotten
// first, which gives its owner a full one again. Any thread may call.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace cryptonet::net {

struct Rate {
  double per_s = 0;  ///< 0: no limit
  double burst = 0;  ///< as many at once after a quiet time; at least 1 counts
};

class TokenBuckets {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxBuckets = 16384;

  explicit TokenBuckets(Rate rate, std::size_t max_buckets = kMaxBuckets);
  /// Takes a token of `key`'s bucket. Zero when there was one; otherwise nothing is taken, and the
  /// time until there will be one is returned.
  Clock::duration take(std::string_view key, Clock::time_point now);
  /// Takes a token that may lie in the future and returns how long to wait for it, so callers are
  /// served in the order in which they came. For pacing, not for refusing.
  Clock::duration reserve(std::string_view key, Clock::time_point now);
  std::size_t size() const;

 private:
  struct Bucket {
    std::string key;
    double tokens = 0;
    Clock::time_point filled_at;
  };
  Bucket& filled(std::string_view key, Clock::time_point now);
  Clock::duration time_for(double tokens) const;
  Rate rate_;
  std::size_t max_buckets_;
  mutable std::mutex mutex_;
  std::list<Bucket> buckets_;  ///< the last used in front
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;
};

/// kRefused, rule "rate.too_many" (status 429 with Retry-After). `who` begins the sentence: "this
/// machine".
base::Error too_many_requests(std::string_view who, TokenBuckets::Clock::duration wait);
/// The seconds that an error of too_many_requests names; nothing for any other.
std::optional<std::int64_t> retry_after_s(const base::Error& error);

}  // namespace cryptonet::net
