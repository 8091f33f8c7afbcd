// SPDX-License-Identifier: Apache-2.0
// A bounded queue with one producer and one consumer.
#include "contributor/encrypt/batch_queue.h"

namespace cryptonet::contributor::encrypt {
namespace {
constexpr std::size_t kMaxReady = 3;
}  // namespace

BatchQueue::BatchQueue(load::ClearReader reader)
    : reader_(std::move(reader)), thread_([this] { run(); }) {}

BatchQueue::~BatchQueue() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BatchQueue::run() {
  while (true) {
    base::Result<load::ClearBatch> batch = reader_.next();
    const bool last = !batch.ok() || batch->rows == 0;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || ready_.size() < kMaxReady; });
    if (stop_) return;
    ready_.push_back(std::move(batch));
    progress_ = reader_.progress();
    changed_.notify_all();
    if (last) return;
  }
}

base::Result<load::ClearBatch> BatchQueue::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty(); });
  base::Result<load::ClearBatch> batch = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return batch;
}

double BatchQueue::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

}  // namespace cryptonet::contributor::encrypt
