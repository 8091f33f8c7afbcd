// SPDX-License-Identifier: Apache-2.0
// Jobs lie on the stacks of their callers, who wait: nothing of a password is copied here.
#include "gatekeeper/auth/hashing_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

/// Linux gives every thread a niceness of its own: questions go first when processors are short.
constexpr int kNiceness = 10;

Result<std::string> guarded(const HashingPool::Work& work) {
  try {
    return work();
  } catch (...) {
    return Error(ErrorCode::kInternal, "sign_in.hashing", "hashing failed inside the server");
  }
}
}  // namespace

struct HashingPool::Job {
  const Work& work;
  std::optional<Result<std::string>> result;
};

HashingPool::HashingPool(const Limits& limits) : limits_(limits) {
  for (std::size_t i = 0; i < std::max<std::size_t>(limits.threads, 1); ++i) {
    threads_.emplace_back([this] { serve(); });
  }
}

HashingPool::~HashingPool() {
  {
    const std::lock_guard lock(mutex_);
    CHECK(places_ == 0);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<HashingPool::Place> HashingPool::take_place() {
  const std::lock_guard lock(mutex_);
  if (places_ >= threads_.size() + limits_.max_waiting) {
    return Error(ErrorCode::kUnreachable, "sign_in.busy",
                 "more people sign in at this moment than the server can serve",
                 "try again in a few seconds");
  }
  ++places_;
  return Place(*this);
}

void HashingPool::give_back() {
  const std::lock_guard lock(mutex_);
  CHECK(places_ > 0);
  --places_;
}

Result<std::string> HashingPool::run(const Place& place, const Work& work) {
  CHECK(place.pool_ == this);
  Job job{work, {}};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&job);
  wake_.notify_one();
  done_.wait(lock, [&] { return job.result.has_value(); });
  return std::move(*job.result);
}

std::size_t HashingPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void HashingPool::serve() {
  // Of this thread alone. Without it hashing is merely less polite, so a failure is no matter.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness));
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Job& job = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    auto result = guarded(job.work);
    lock.lock();
    job.result.emplace(std::move(result));
    done_.notify_all();
  }
}

}  // namespace cryptonet::gatekeeper::auth
