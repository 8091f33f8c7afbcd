// SPDX-License-Identifier: Apache-2.0
// How a sealed gatekeeper is opened from outside: by the passphrase, or by shares that their
// holders give one after the other, from machines of their own. What was given waits in memory, for
// ten minutes after the last of it, and is wiped when it opened or did not. Whoever gives wrong
// things waits longer and longer; one passphrase is tried at a time. Any thread.
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "api/messages.h"
#include "gatekeeper/serve/seal_gate.h"

namespace cryptonet::gatekeeper::serve {

class Unsealing {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kPatience{10};
  static constexpr unsigned kFreeFailures = 4;  ///< from the fifth on there is a delay
  static constexpr std::chrono::seconds kLongestDelay{300};

  Unsealing(home::Home& home, SealGate& gate, base::Randomness& randomness)
      : home_(home), gate_(gate), randomness_(randomness) {}

  /// `who` is the hash of the peer's certificate. kIntegrity (unseal.wrong) when it does not open;
  /// kBadInput when the home is not sealed by a passphrase; kRefused (unseal.too_many) before the
  /// delay is over, or while another is tried.
  base::Result<api::SealState> by_passphrase(const base::Digest& who, base::ByteView passphrase,
                                             Clock::time_point now);
  /// One share, which joins those that wait; or several lines, as many as open, which are tried by
  /// themselves.
  base::Result<api::SealState> by_shares(const base::Digest& who, base::ByteView lines,
                                         Clock::time_point now);
  base::Result<api::SealState> reset();
  base::Result<api::SealState> state(Clock::time_point now);

 private:
  struct Failures {
    unsigned count = 0;
    Clock::time_point not_before{};
  };
  base::Status check_delay(const base::Digest& who, Clock::time_point now);
  void note_failure(const base::Digest& who, Clock::time_point now);
  /// seal.json, if it is of that mode.
  base::Result<api::SealFile> file_of(keys::SealMode mode) const;
  base::Status open(const base::Result<keys::MasterKey>& master, const base::Digest& who,
                    Clock::time_point now);
  void forget_stale(Clock::time_point now);
  base::Result<api::SealState> state_locked();

  home::Home& home_;
  SealGate& gate_;
  base::Randomness& randomness_;
  std::mutex mutex_;
  std::vector<keys::Share> given_;
  std::array<std::uint8_t, 8> attempt_{};
  Clock::time_point last_given_{};
  std::map<base::Digest, Failures> failures_;
};

}  // namespace cryptonet::gatekeeper::serve
