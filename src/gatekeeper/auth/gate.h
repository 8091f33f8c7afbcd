// SPDX-License-Identifier: Apache-2.0
// Everything that letting people in rests on, put together over one state file.
#pragma once

#include "gatekeeper/auth/access.h"
#include "gatekeeper/auth/sign_in.h"

namespace cryptonet::gatekeeper::auth {

struct Gate {
  /// kLocalIo or kIntegrity of the state.
  static base::Result<std::unique_ptr<Gate>> open(state::Database& database,
                                                  const keys::KeyRing& keys,
                                                  base::Randomness& randomness,
                                                  TimeSource time = system_time());
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() = default;

  state::People people;
  state::Credentials credentials;
  state::AccessKeys keys;
  std::unique_ptr<Clock> clock;
  HashingPool hashing;
  SignIn sign_in;
  Access access;

 private:
  Gate(state::Database& database, std::unique_ptr<Clock> started, const keys::KeyRing& ring,
       base::Randomness& randomness)
      : people(database),
        credentials(database),
        keys(database),
        clock(std::move(started)),
        sign_in({credentials, ring, *clock, hashing, randomness}),
        access(keys, people, *clock, randomness) {}
};

}  // namespace cryptonet::gatekeeper::auth
