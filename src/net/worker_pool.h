// SPDX-License-Identifier: Apache-2.0
// Threads that run jobs from bounded queues, one queue for each owner (a peer). Owners take turns,
// and none may hold every thread: who asks without pause waits behind itself, not in front of the
// others. submit may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cryptonet::net {

struct WorkerPoolLimits {
  std::size_t threads = 1;
  std::size_t max_queued = 64;            ///< of all owners
  std::size_t max_queued_per_owner = 32;  ///< not counting the ones that run
};

class WorkerPool {
 public:
  explicit WorkerPool(const WorkerPoolLimits& limits);
  /// Drops the jobs that have not started and waits for the others.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// False when a queue is full. A job must not throw.
  bool submit(const std::string& owner, std::function<void()> job);

 private:
  struct Owner {
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;
  };
  using Owners = std::map<std::string, Owner>;
  void run();
  std::list<Owners::iterator>::iterator next_turn();
  WorkerPoolLimits limits_;
  std::size_t max_running_per_owner_;  ///< three quarters of the threads
  std::mutex mutex_;
  std::condition_variable wake_;
  Owners owners_;                      ///< those that wait or run
  std::list<Owners::iterator> turns_;  ///< those that wait, who comes next in front
  std::size_t queued_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cryptonet::net
