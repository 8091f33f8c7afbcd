// SPDX-License-Identifier: Apache-2.0
// A fixed pool of threads that runs loops. The calling thread works too, so a pool of one has no
// other thread. Any thread may call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace cryptonet::base {

class ThreadPool {
 public:
  /// `threads` in all, the caller included; at least 1.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  std::size_t size() const;
  /// Runs body(i) for 0 <= i < count, each once, in any order, and waits. body must not throw and
  /// must not start a loop of the same pool. Loops of several callers run side by side: each caller
  /// works at its own, the other threads help them in turn, so a short one need not wait for a long
  /// one.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cryptonet::base
