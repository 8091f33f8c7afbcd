// SPDX-License-Identifier: Apache-2.0
// Turns between owners, and the limits of a queue and of a budget of bodies.
#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "net/body_budget.h"

namespace cryptonet::net {
namespace {

TEST(WorkerPool, LetsAnotherOwnerPassALongQueue) {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::vector<char> order;  // one thread
  std::promise<std::string> seen;
  WorkerPool pool({1, 64, 32});  // last, so that it ends first
  ASSERT_TRUE(pool.submit("flood", [open] { open.wait(); }));
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(pool.submit("flood", [&order] { order.push_back('f'); }));
  }
  ASSERT_TRUE(
      pool.submit("honest", [&] { seen.set_value(std::string(order.begin(), order.end())); }));
  gate.set_value();
  EXPECT_LE(seen.get_future().get().size(), 1U);
}

TEST(WorkerPool, KeepsThreadsForOtherOwners) {
  std::promise<void> gate;
  std::promise<void> answered;
  std::shared_future<void> open = gate.get_future().share();
  WorkerPool pool({4, 64, 32});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit("flood", [open] { open.wait(); }));
  ASSERT_TRUE(pool.submit("honest", [&] { answered.set_value(); }));
  answered.get_future().wait();  // hangs if one owner can hold every thread
  gate.set_value();
}

TEST(WorkerPool, RefusesWhatIsOverItsLimits) {
  std::promise<void> gate;
  std::promise<void> begun;
  std::shared_future<void> open = gate.get_future().share();
  WorkerPool pool({1, 6, 4});
  ASSERT_TRUE(pool.submit("a", [open, &begun] {
    begun.set_value();
    open.wait();
  }));
  begun.get_future().wait();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_FALSE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  EXPECT_FALSE(pool.submit("b", [] {}));
  gate.set_value();
}

constexpr std::size_t kFree = BodyBudget::kUncountedBytes;

TEST(BodyBudget, HoldsAllAndEachToTheirShare) {
  BodyBudget budget({100, 60});
  BodyBudget::Share first(budget, "a");
  EXPECT_TRUE(first.grow_to(kFree + 40));
  BodyBudget::Share again(budget, "a");
  EXPECT_TRUE(again.grow_to(kFree + 20));
  EXPECT_FALSE(again.grow_to(kFree + 21));
  EXPECT_FALSE(first.grow_to(kFree + 41));
  {
    BodyBudget::Share second(budget, "b");
    EXPECT_TRUE(second.grow_to(kFree + 40));
    EXPECT_FALSE(second.grow_to(kFree + 41));
    EXPECT_FALSE(budget.has_room("c", kFree + 1));
    EXPECT_TRUE(budget.has_room("c", kFree)) << "what is small is not counted";
    BodyBudget::Share small(budget, "b");
    EXPECT_TRUE(small.grow_to(kFree));
  }
  EXPECT_TRUE(budget.has_room("c", kFree + 40));
  EXPECT_FALSE(budget.has_room("c", kFree + 41));
}

TEST(BodyBudget, AnOnlyBodyMayHaveMoreWhileAShareStaysFree) {
  BodyBudget budget({200, 60});
  EXPECT_TRUE(budget.has_room("a", kFree + 140));
  EXPECT_FALSE(budget.has_room("a", kFree + 141));
  BodyBudget::Share giant(budget, "a");
  EXPECT_TRUE(giant.grow_to(kFree + 100));
  BodyBudget::Share beside(budget, "a");
  EXPECT_TRUE(beside.grow_to(kFree));
  EXPECT_FALSE(beside.grow_to(kFree + 1)) << "its owner has more than a share already";
  BodyBudget::Share other(budget, "b");
  EXPECT_TRUE(other.grow_to(kFree + 60));
  EXPECT_FALSE(giant.grow_to(kFree + 101));
  EXPECT_FALSE(other.grow_to(kFree + 61));
  BodyBudget::Share third(budget, "c");
  EXPECT_TRUE(third.grow_to(kFree + 40)) << "what was left free is for those within their share";
}

}  // namespace
}  // namespace cryptonet::net
