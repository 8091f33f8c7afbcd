// SPDX-License-Identifier: Apache-2.0
// Workers take the next index from an atomic counter until the loop is used up.
#include "base/threads.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptonet::base {

struct ThreadPool::State {
  std::mutex loop_mutex;  // one loop at a time
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  const std::function<void(std::size_t)>* body = nullptr;
  std::size_t count = 0;
  std::atomic<std::size_t> next{0};
  std::size_t generation = 0;
  std::size_t busy = 0;
  bool stop = false;
  std::vector<std::thread> workers;

  void run() {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) (*body)(i);
  }

  void work() {
    std::size_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || generation != seen; });
      if (stop) return;
      seen = generation;
      lock.unlock();
      run();
      lock.lock();
      if (--busy == 0) done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 1; i < threads; ++i) {
    state_->workers.emplace_back([state = state_.get()] { state->work(); });
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
  const std::lock_guard one_loop(state_->loop_mutex);
  {
    const std::lock_guard lock(state_->mutex);
    state_->body = &body;
    state_->count = count;
    state_->next = 0;
    state_->busy = state_->workers.size();
    ++state_->generation;
  }
  state_->wake.notify_all();
  state_->run();
  std::unique_lock lock(state_->mutex);
  state_->done.wait(lock, [&] { return state_->busy == 0; });
}

}  // namespace cryptonet::base
