// SPDX-License-Identifier: Apache-2.0
// The few threads that hash passwords. A hash takes a good part of a second on purpose, so it may
// never hold what questions need: the threads are few, they run at a lower priority, and only so
// many callers wait for them. Any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
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

  /// The right to have work run soon; given back when it ends, used or not.
  class Place {
   public:
    Place(Place&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (pool_ != nullptr) pool_->give_back();
    }

   private:
    friend class HashingPool;
    explicit Place(HashingPool& pool) : pool_(&pool) {}
    HashingPool* pool_;
  };

  /// kUnreachable (sign_in.busy, status 503) when as many have one as may run and wait. Whoever
  /// counts attempts takes a place first: who is turned away has tried nothing.
  base::Result<Place> take_place();
  /// Runs `work` on one of the threads, waits for it, and gives what it gave. Work that throws is
  /// kInternal.
  base::Result<std::string> run(const Place& place, const Work& work);
  std::size_t waiting() const;

 private:
  struct Job;
  void serve();
  void give_back();
  Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<Job*> waiting_;
  std::size_t places_ = 0;  ///< taken
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cryptonet::gatekeeper::auth
