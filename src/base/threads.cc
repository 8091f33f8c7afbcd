// SPDX-License-Identifier: Apache-2.0
// Every loop has a counter of its own, and threads that are free help the loops in turn, one index
// at a time: a short loop is done soon beside a long one. A mutex for each index costs 50 ns where
// an index is worth 10 µs and more. Waking a thread costs 20 to 25 µs in a virtual machine, so who
// waits, for the next loop or for the last index of one, looks for as long before it sleeps: three
// short loops one after the other wake a thread once.
#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptonet::base {
namespace {

/// One call of for_each. All members belong to the pool's mutex; `running` may be looked at
/// without.
struct Loop {
  const std::function<void(std::size_t)>& body;
  std::size_t count;
  std::size_t next = 0;
  std::atomic<std::size_t> running = 0;  ///< indexes that somebody is at
  std::condition_variable finished;
};

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Looks until the time is up; whether it came true.
template <typename Condition>
bool comes_true_soon(const Condition& condition) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kPatience{50};
  const Clock::time_point end = Clock::now() + kPatience;
  do {
    for (int i = 0; i < 16; ++i) {
      if (condition()) return true;
      pause_briefly();
    }
  } while (Clock::now() < end);
  return false;
}

}  // namespace

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::list<Loop*> loops;          ///< those with indexes left; the front is helped next
  std::atomic<bool> work = false;  ///< whether there are any: what a waiting thread looks at
  std::atomic<bool> stop = false;
  std::vector<std::thread> workers;

  /// Takes the loop's next index and runs it without the lock.
  void run_one(Loop& loop, std::unique_lock<std::mutex>& lock) {
    const std::size_t index = loop.next++;
    if (loop.next == loop.count) {
      loops.remove(&loop);
      work = !loops.empty();
    }
    ++loop.running;
    lock.unlock();
    loop.body(index);
    lock.lock();
    --loop.running;
  }

  void help() {
    std::unique_lock lock(mutex);
    while (true) {
      if (loops.empty()) {
        lock.unlock();
        comes_true_soon([&] { return stop || work; });
        lock.lock();
        wake.wait(lock, [&] { return stop || !loops.empty(); });
      }
      if (stop) return;
      Loop& loop = *loops.front();
      loops.splice(loops.end(), loops, loops.begin());
      run_one(loop, lock);
      // Under the lock: the loop may be gone as soon as its caller sees that nobody runs it.
      if (loop.running == 0 && loop.next == loop.count) loop.finished.notify_one();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 1; i < threads; ++i) {
    state_->workers.emplace_back([state = state_.get()] { state->help(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

std::size_t ThreadPool::size() const { return state_->workers.size() + 1; }

void ThreadPool::for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
  if (count == 0) return;
  Loop loop{body, count, 0, {}, {}};
  std::unique_lock lock(state_->mutex);
  state_->loops.push_back(&loop);
  state_->work = true;
  state_->wake.notify_all();
  while (loop.next < loop.count) state_->run_one(loop, lock);
  if (loop.running != 0) {
    lock.unlock();
    comes_true_soon([&] { return loop.running == 0; });
    lock.lock();  // the last helper leaves the loop before it lets go of this
  }
  loop.finished.wait(lock, [&] { return loop.running == 0; });
}

}  // namespace cryptonet::base
