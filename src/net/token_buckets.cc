// SPDX-License-Identifier: Apache-2.0
#include "net/token_buckets.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cryptonet::net {
namespace {
using base::Error;
using base::ErrorCode;

/// The one place where the wait stands for people is also the one from which Retry-After is read.
constexpr std::string_view kHint = "try again in ";
}  // namespace

TokenBuckets::TokenBuckets(Rate rate, std::size_t max_buckets)
    : rate_{rate.per_s, std::max(rate.burst, 1.0)},
      max_buckets_(std::max<std::size_t>(max_buckets, 1)) {}

TokenBuckets::Bucket& TokenBuckets::filled(std::string_view key, Clock::time_point now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (buckets_.size() >= max_buckets_) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front({std::string(key), rate_.burst, now});
    by_key_.emplace(buckets_.front().key, buckets_.begin());
    return buckets_.front();
  }
  buckets_.splice(buckets_.begin(), buckets_, found->second);
  Bucket& bucket = buckets_.front();
  const double seconds = std::chrono::duration<double>(now - bucket.filled_at).count();
  bucket.tokens = std::min(rate_.burst, bucket.tokens + std::max(seconds, 0.0) * rate_.per_s);
  bucket.filled_at = now;
  return bucket;
}

TokenBuckets::Clock::duration TokenBuckets::time_for(double tokens) const {
  return std::chrono::ceil<Clock::duration>(std::chrono::duration<double>(tokens / rate_.per_s));
}

TokenBuckets::Clock::duration TokenBuckets::take(std::string_view key, Clock::time_point now) {
  if (rate_.per_s <= 0) return {};
  const std::lock_guard lock(mutex_);
  Bucket& bucket = filled(key, now);
  if (bucket.tokens < 1) return time_for(1 - bucket.tokens);
  bucket.tokens -= 1;
  return {};
}

TokenBuckets::Clock::duration TokenBuckets::reserve(std::string_view key, Clock::time_point now) {
  if (rate_.per_s <= 0) return {};
  const std::lock_guard lock(mutex_);
  Bucket& bucket = filled(key, now);
  bucket.tokens -= 1;
  return bucket.tokens >= 0 ? Clock::duration{} : time_for(-bucket.tokens);
}

std::size_t TokenBuckets::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

Error too_many_requests(std::string_view who, TokenBuckets::Clock::duration wait) {
  const auto seconds =
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(wait).count(), 1);
  return Error(
      ErrorCode::kRefused, "rate.too_many",
      std::string(who) + " asks more often than this server allows",
      std::string(kHint) + std::to_string(seconds) + (seconds == 1 ? " second" : " seconds"));
}

std::optional<std::int64_t> retry_after_s(const Error& error) {
  if (error.rule != "rate.too_many" || !error.hint.starts_with(kHint)) return std::nullopt;
  std::int64_t seconds = 0;
  const char* digits = error.hint.data() + kHint.size();
  const char* end = error.hint.data() + error.hint.size();
  if (std::from_chars(digits, end, seconds).ec != std::errc()) return std::nullopt;
  return seconds;
}

}  // namespace cryptonet::net
