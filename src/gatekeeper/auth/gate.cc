// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/gate.h"

namespace cryptonet::gatekeeper::auth {

base::Result<std::unique_ptr<Gate>> Gate::open(state::Database& database, const keys::KeyRing& keys,
                                               base::Randomness& randomness, TimeSource time) {
  CN_ASSIGN(auto clock, Clock::start(database, std::move(time)));
  return std::unique_ptr<Gate>(new Gate(database, std::move(clock), keys, randomness));
}

}  // namespace cryptonet::gatekeeper::auth
