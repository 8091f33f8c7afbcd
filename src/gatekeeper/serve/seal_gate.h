// SPDX-License-Identifier: Apache-2.0
// Between the routes and the keys: a request passes only while the home is unsealed, and the keys
// are thrown away only when nobody who passed is still inside. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::serve {

class SealGate {
 public:
  /// `on_seal` forgets what was read by means of the keys.
  SealGate(home::Home& home, std::function<void()> on_seal)
      : home_(home), on_seal_(std::move(on_seal)) {}

  /// Holds the gate open while it lives.
  class Pass {
   public:
    explicit Pass(SealGate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    SealGate* gate_;
  };
  /// kUnreachable (rule server.sealed) while the home is sealed, or about to be.
  base::Result<Pass> enter();
  bool sealed();

  /// Loads the keys. Nothing happens when they are there.
  base::Status unseal(const keys::MasterKey& master);
  /// From now on nobody passes. Gives the time until the last one inside has left and the keys are
  /// wiped; after `patience` the last one wipes them, and the answer is kUnreachable (rule
  /// seal.waits).
  base::Status seal(std::chrono::milliseconds patience);

 private:
  void leave();
  void wipe();
  home::Home& home_;
  std::function<void()> on_seal_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t inside_ = 0;
  bool closing_ = false;
};

/// What everybody is told who asks for more than a sealed gatekeeper has.
base::Error sealed_error();

}  // namespace cryptonet::gatekeeper::serve
