// SPDX-License-Identifier: Apache-2.0
// Threads that run jobs from bounded queues, one queue for each owner (a peer). Owners take turns,
// and none may hold every thread: who asks without pause waits behind itself, not in front of the
// others. Jobs that only wait for something scarce (sign-ins, for the threads that hash) have a
// lane of their own, which gets a quarter of the threads and of the queue. submit may be called
// from any thread.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/http.h"

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
  /// False when a queue is full. A job must not throw. Lanes: kWork and kSignIn.
  bool submit(const std::string& owner, std::function<void()> job, Lane lane = Lane::kWork);
  /// Jobs that wait, and that run.
  struct Load {
    std::size_t queued = 0;
    std::size_t running = 0;
  };
  Load load() const;

 private:
  using OwnerName = std::pair<Lane, std::string>;
  struct Owner {
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;
  };
  using Owners = std::map<OwnerName, Owner>;
  /// Of one lane.
  struct Share {
    std::size_t max_running = 0;
    std::size_t max_queued = 0;
    std::size_t running = 0;
    std::size_t queued = 0;
  };
  Share& share_of(Lane lane) { return shares_[static_cast<std::size_t>(lane)]; }
  void run();
  std::list<Owners::iterator>::iterator next_turn();
  WorkerPoolLimits limits_;
  std::size_t max_running_per_owner_;  ///< three quarters of the threads
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Owners owners_;                      ///< those that wait or run
  std::list<Owners::iterator> turns_;  ///< those that wait, who comes next in front
  std::array<Share, 2> shares_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cryptonet::net
