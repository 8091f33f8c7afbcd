// SPDX-License-Identifier: Apache-2.0
// One mutex for all queues: jobs are whole requests, so contention is no matter.
#include "net/worker_pool.h"

#include <algorithm>

namespace cryptonet::net {
namespace {
std::size_t quarter(std::size_t whole) { return std::max<std::size_t>(whole / 4, 1); }
}  // namespace

WorkerPool::WorkerPool(const WorkerPoolLimits& limits)
    : limits_(limits), max_running_per_owner_(std::max<std::size_t>(limits.threads * 3 / 4, 1)) {
  share_of(Lane::kWork) = {std::max<std::size_t>(limits.threads, 1), limits.max_queued, 0, 0};
  share_of(Lane::kSignIn) = {quarter(limits.threads), quarter(limits.max_queued), 0, 0};
  for (std::size_t i = 0; i < std::max<std::size_t>(limits.threads, 1); ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(const std::string& owner, std::function<void()> job, Lane lane) {
  {
    const std::lock_guard lock(mutex_);
    Share& share = share_of(lane);
    std::size_t queued = 0;
    for (const Share& each : shares_) queued += each.queued;
    if (stopping_ || queued >= limits_.max_queued || share.queued >= share.max_queued) return false;
    const auto mine = owners_.try_emplace(OwnerName(lane, owner)).first;
    auto& jobs = mine->second.jobs;
    if (jobs.size() >= limits_.max_queued_per_owner) return false;
    if (jobs.empty()) turns_.push_back(mine);
    jobs.push_back(std::move(job));
    ++share.queued;
  }
  wake_.notify_one();
  return true;
}

WorkerPool::Load WorkerPool::load() const {
  const std::lock_guard lock(mutex_);
  Load load;
  for (const Share& share : shares_) {
    load.queued += share.queued;
    load.running += share.running;
  }
  return load;
}

std::list<WorkerPool::Owners::iterator>::iterator WorkerPool::next_turn() {
  return std::find_if(turns_.begin(), turns_.end(), [this](const Owners::iterator& owner) {
    const Share& share = share_of(owner->first.first);
    return owner->second.running < max_running_per_owner_ && share.running < share.max_running;
  });
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || next_turn() != turns_.end(); });
    if (stopping_) return;
    const auto turn = next_turn();
    const Owners::iterator owner = *turn;
    Share& share = share_of(owner->first.first);
    std::function<void()> job = std::move(owner->second.jobs.front());
    owner->second.jobs.pop_front();
    turns_.erase(turn);
    if (!owner->second.jobs.empty()) turns_.push_back(owner);
    ++owner->second.running;
    ++share.running;
    --share.queued;
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes before the next one starts
    lock.lock();
    --owner->second.running;
    --share.running;
    if (owner->second.running == 0 && owner->second.jobs.empty()) owners_.erase(owner);
    wake_.notify_one();  // an owner or a lane that had all it may have can go on
  }
}

}  // namespace cryptonet::net
