// SPDX-License-Identifier: Apache-2.0
#include "net/token_buckets.h"

#include <gtest/gtest.h>

#include "net/error_body.h"

namespace cryptonet::net {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = TokenBuckets::Clock::time_point;

TEST(TokenBuckets, GivesTheBurstAndThenTheRate) {
  TokenBuckets buckets({10, 5});
  const Time start{};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(buckets.take("a", start), seconds(0));
  EXPECT_EQ(buckets.take("a", start), milliseconds(100));
  EXPECT_EQ(buckets.take("a", start + milliseconds(60)), milliseconds(40));
  EXPECT_EQ(buckets.take("a", start + milliseconds(101)), seconds(0));
  EXPECT_GT(buckets.take("a", start + milliseconds(102)), milliseconds(90));
  // A long pause gives the burst and no more; a clock that steps back gives nothing.
  int taken = 0;
  while (buckets.take("a", start + seconds(1000)) == seconds(0)) ++taken;
  EXPECT_EQ(taken, 5);
  EXPECT_GT(buckets.take("a", start), seconds(0));
}

TEST(TokenBuckets, NeverGivesMoreThanTheRateOverALongTime) {
  TokenBuckets buckets({7, 3});
  int taken = 0;
  for (int step = 0; step < 100'000; ++step) {  // 100 s in steps of 1 ms
    taken += buckets.take("a", Time{} + milliseconds(step)) == seconds(0) ? 1 : 0;
  }
  EXPECT_LE(taken, 700 + 3);
  EXPECT_GE(taken, 700);
}

TEST(TokenBuckets, KeysDoNotShare) {
  TokenBuckets buckets({1, 1});
  EXPECT_EQ(buckets.take("a", Time{}), seconds(0));
  EXPECT_GT(buckets.take("a", Time{}), seconds(0));
  EXPECT_EQ(buckets.take("b", Time{}), seconds(0));
}

TEST(TokenBuckets, ForgetsTheOneThatWasUsedLongestAgo) {
  TokenBuckets buckets({1, 1}, 3);
  for (const char* key : {"a", "b", "c", "a", "d"}) static_cast<void>(buckets.take(key, Time{}));
  EXPECT_EQ(buckets.size(), 3U);
  EXPECT_GT(buckets.take("a", Time{}), seconds(0)) << "used after b, so it was kept";
  EXPECT_EQ(buckets.take("b", Time{}), seconds(0)) << "forgotten, so it is full again";
  for (int i = 0; i < 10'000; ++i) {
    static_cast<void>(buckets.take(std::to_string(i), Time{}));
  }
  EXPECT_EQ(buckets.size(), 3U);
}

TEST(TokenBuckets, WithoutARateLetsAllThrough) {
  TokenBuckets buckets(Rate{});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(buckets.take("a", Time{}), seconds(0));
  EXPECT_EQ(buckets.size(), 0U);
}

TEST(TokenBuckets, ReservesInTheOrderOfCalls) {
  TokenBuckets buckets({10, 1});
  EXPECT_EQ(buckets.reserve("a", Time{}), seconds(0));
  EXPECT_EQ(buckets.reserve("a", Time{}), milliseconds(100));
  EXPECT_EQ(buckets.reserve("a", Time{}), milliseconds(200));
}

TEST(TokenBuckets, ARefusalSaysWhenToTryAgain) {
  const auto error = too_many_requests("this machine", milliseconds(2100));
  EXPECT_EQ(error.hint, "try again in 3 seconds");
  const HttpResponse answer = error_response(error);
  EXPECT_EQ(answer.status, 429);
  ASSERT_EQ(answer.headers.size(), 1U);
  EXPECT_EQ(answer.headers[0].first, "Retry-After");
  EXPECT_EQ(answer.headers[0].second, "3");
  const auto read = error_from_answer(answer.status, answer.body, "gatekeeper");
  EXPECT_EQ(static_cast<int>(read.code), 4);
  EXPECT_EQ(read.hint, error.hint);
  EXPECT_TRUE(
      error_response(base::Error(base::ErrorCode::kRefused, "policy.small", "no")).headers.empty());
}

}  // namespace
}  // namespace cryptonet::net
