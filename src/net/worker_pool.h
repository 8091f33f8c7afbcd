// SPDX-License-Identifier: Apache-2.0
// Threads that run jobs from a bounded queue. submit may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptonet::net {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t max_queued);
  /// Drops the jobs that have not started and waits for the others.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// False when the queue is full. A job must not throw.
  bool submit(std::function<void()> job);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::size_t max_queued_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cryptonet::net
