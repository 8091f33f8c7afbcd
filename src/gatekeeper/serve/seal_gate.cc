// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/seal_gate.h"

namespace cryptonet::gatekeeper::serve {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Error sealed_error() {
  return Error(ErrorCode::kUnreachable, "server.sealed",
               "the gatekeeper is sealed: it runs, but its keys are not in memory",
               "its custodian opens it: cryptonet-gatekeeper unseal");
}

Result<SealGate::Pass> SealGate::enter() {
  const std::lock_guard lock(mutex_);
  if (closing_ || home_.sealed()) return sealed_error();
  ++inside_;
  return Pass(*this);
}

void SealGate::leave() {
  const std::lock_guard lock(mutex_);
  CHECK(inside_ > 0);
  --inside_;
  if (closing_ && inside_ == 0) wipe();
}

void SealGate::wipe() {
  on_seal_();
  home_.seal();
  closing_ = false;
  left_.notify_all();
}

bool SealGate::sealed() {
  const std::lock_guard lock(mutex_);
  return home_.sealed();
}

Status SealGate::unseal(const keys::MasterKey& master) {
  const std::lock_guard lock(mutex_);
  if (!home_.sealed()) return base::ok();
  return home_.unseal(master);
}

Status SealGate::seal(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (home_.sealed()) return base::ok();
  closing_ = true;
  if (inside_ == 0) wipe();
  if (left_.wait_for(lock, patience, [this]() { return home_.sealed(); })) return base::ok();
  return Error(ErrorCode::kUnreachable, "seal.waits",
               "nothing new is answered, but " + std::to_string(inside_) +
                   " requests still run; the keys go when the last of them ends",
               "stop the gatekeeper if that cannot wait");
}

}  // namespace cryptonet::gatekeeper::serve
