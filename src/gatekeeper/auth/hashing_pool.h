// SPDX-License-Identifier: Apache-2.0
// The few threads that hash passwords. A hash takes a good part of a second on purpose, so it may
// never hold what questions need: the threads are few, they run at a lower priority, and only so
// many callers wait for them. run() may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace cryptonet::gatekeeper::auth {

class HashingPool {
 public:
  using Work = std::function<base::Result<std::string>()>;
  struct Limits {
    std::size_t threads = 2;
    std::size_t max_waiting = 16;  ///< callers whose work has not begun
  };

  HashingPool() : HashingPool(Limits()) {}
  explicit HashingPool(const Limits& limits);
  /// Nobody may be inside run().
  ~HashingPool();
  HashingPool(const HashingPool&) = delete;
  HashingPool& operator=(const HashingPool&) = delete;

  /// Runs `work` on one of the threads, waits for it, and gives what it gave. kUnreachable
  /// (sign_in.busy, status 503) at once when too many wait already. Work that throws is kInternal.
  base::Result<std::string> run(const Work& work);
  std::size_t waiting() const;

 private:
  struct Job;
  void serve();
  Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<Job*> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cryptonet::gatekeeper::auth
