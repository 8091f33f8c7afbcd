// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/hashing_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

Result<std::string> run(HashingPool& pool, const HashingPool::Work& work) {
  CN_ASSIGN(const auto place, pool.take_place());
  return pool.run(place, work);
}

TEST(HashingPool, GivesWhatTheWorkGave) {
  HashingPool pool;
  EXPECT_EQ(*run(pool, [] { return Result<std::string>("hash"); }), "hash");
  const auto failed = run(pool, []() -> Result<std::string> {
    return Error(ErrorCode::kBadInput, "some.rule", "what");
  });
  EXPECT_EQ(failed.error().rule, "some.rule");
  const auto thrown =
      run(pool, []() -> Result<std::string> { throw std::runtime_error("a password"); });
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
  EXPECT_EQ(describe(thrown.error()).find("password"), std::string::npos);
}

TEST(HashingPool, RunsNoMoreThanItsThreadsAtOnceAndRefusesTheRest) {
  constexpr std::size_t kThreads = 2;
  constexpr std::size_t kWaiting = 3;
  HashingPool pool({kThreads, kWaiting});
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::vector<std::future<bool>> callers;
  for (std::size_t i = 0; i < kThreads + kWaiting; ++i) {
    callers.push_back(std::async(std::launch::async, [&] {
      return run(pool,
                 [&]() -> Result<std::string> {
                   const int now = ++running;
                   for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                   }
                   open.wait();
                   --running;
                   return std::string();
                 })
          .ok();
    }));
    // One after the other, so that the threads are taken before somebody has to wait.
    while (static_cast<std::size_t>(running) + pool.waiting() < i + 1) std::this_thread::yield();
  }
  const auto refused = run(pool, [] { return Result<std::string>(""); });
  EXPECT_EQ(refused.error().rule, "sign_in.busy");
  EXPECT_EQ(refused.error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(pool.take_place().error().rule, "sign_in.busy");
  gate.set_value();
  for (auto& caller : callers) EXPECT_TRUE(caller.get());
  EXPECT_EQ(most, static_cast<int>(kThreads));
  EXPECT_TRUE(run(pool, [] { return Result<std::string>(""); }).ok());
}

TEST(HashingPool, APlaceIsTakenUntilItEnds) {
  HashingPool pool({1, 1});
  auto first = pool.take_place();
  {
    const auto second = pool.take_place();
    EXPECT_TRUE(second.ok());
    EXPECT_FALSE(pool.take_place().ok());
  }
  const HashingPool::Place moved = std::move(first).value();
  EXPECT_TRUE(pool.take_place().ok());
}

TEST(HashingPool, GivesWayToOtherThreads) {
  HashingPool pool({1, 1});
  const auto nice = [] {
    return Result<std::string>(
        std::to_string(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()))));
  };
  EXPECT_GT(std::stoi(*run(pool, nice)), getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())));
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
