// SPDX-License-Identifier: Apache-2.0
// Reads ahead: a thread converts rows while others encrypt. Holds a few batches, so memory stays
// bounded whichever side is faster.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "contributor/load/clear_reader.h"

namespace cryptonet::contributor::encrypt {

class BatchQueue {
 public:
  /// Starts reading at once. The reader's source and schema must outlive the queue.
  explicit BatchQueue(load::ClearReader reader);
  /// Stops the thread after the batch that it is at.
  ~BatchQueue();
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// The next batch in order; rows == 0 at the end. After an error or the end, call no more.
  base::Result<load::ClearBatch> next();
  double progress() const;

 private:
  void run();

  load::ClearReader reader_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<base::Result<load::ClearBatch>> ready_;
  double progress_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cryptonet::contributor::encrypt
