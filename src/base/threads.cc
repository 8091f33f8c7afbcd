// SPDX-License-Identifier: Apache-2.0
// Every loop has a counter of its own, and threads that are free help the loops in turn, one index
// at a time: a short loop is done soon beside a long one. A mutex for each index costs 50 ns where
// an index is worth 100 µs and more.
#include "base/threads.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptonet::base {
namespace {

/// One call of for_each. All members belong to the pool's mutex.
struct Loop {
  const std::function<void(std::size_t)>& body;
  std::size_t count;
  std::size_t next = 0;
  std::size_t running = 0;  ///< indexes that a helper is at
  std::condition_variable finished;
};

}  // namespace

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::list<Loop*> loops;  ///< those with indexes left; the front is helped next
  bool stop = false;
  std::vector<std::thread> workers;

  /// Takes the loop's next index and runs it without the lock.
  void run_one(Loop& loop, std::unique_lock<std::mutex>& lock) {
    const std::size_t index = loop.next++;
    if (loop.next == loop.count) loops.remove(&loop);
    ++loop.running;
    lock.unlock();
    loop.body(index);
    lock.lock();
    --loop.running;
  }

  void help() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || !loops.empty(); });
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
  Loop loop{body, count, 0, 0, {}};
  std::unique_lock lock(state_->mutex);
  state_->loops.push_back(&loop);
  state_->wake.notify_all();
  while (loop.next < loop.count) state_->run_one(loop, lock);
  loop.finished.wait(lock, [&] { return loop.running == 0; });
}

}  // namespace cryptonet::base
