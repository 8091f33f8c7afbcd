// SPDX-License-Identifier: Apache-2.0
// Every index once, whoever calls; and a short loop beside a long one is not kept waiting.
#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace cryptonet::base {
namespace {

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const std::size_t count : {0U, 1U, 2U, 7U, 1000U}) {
      std::vector<int> times(count, 0);  // not atomic: each index belongs to one thread
      pool.for_each(count, [&](std::size_t i) { ++times[i]; });
      EXPECT_EQ(times, std::vector<int>(count, 1)) << threads;
    }
  }
}

TEST(ThreadPool, RunsLoopsOfManyCallersSideBySide) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::vector<std::vector<int>> times(8, std::vector<int>(500, 0));
  for (auto& mine : times) {
    callers.emplace_back([&pool, &mine] {
      for (int round = 0; round < 20; ++round) {
        pool.for_each(mine.size(), [&mine](std::size_t i) { ++mine[i]; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& mine : times) EXPECT_EQ(mine, std::vector<int>(500, 20));
}

TEST(ThreadPool, LetsAShortLoopPassALongOne) {
  ThreadPool pool(2);
  std::atomic<bool> begun{false};
  std::atomic<bool> release{false};
  std::atomic<std::size_t> long_ones{0};
  std::thread slow([&] {
    pool.for_each(1000, [&](std::size_t) {
      begun = true;
      while (!release) std::this_thread::yield();
      ++long_ones;
    });
  });
  while (!begun) std::this_thread::yield();
  std::atomic<int> short_ones{0};
  pool.for_each(10, [&](std::size_t) { ++short_ones; });  // hangs if loops wait for each other
  EXPECT_EQ(short_ones, 10);
  EXPECT_EQ(long_ones, 0U);
  release = true;
  slow.join();
  EXPECT_EQ(long_ones, 1000U);
}

}  // namespace
}  // namespace cryptonet::base
