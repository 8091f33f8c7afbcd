// SPDX-License-Identifier: Apache-2.0
// Passkeys as a second factor: what a person registers when signed in, and shows after the password
// instead of a code. Each ceremony begins with a challenge of 32 random bytes that holds for five
// minutes and for one answer, right or wrong, and is bound to its purpose, to the person and to the
// session, or to the attempt to sign in, that asked for it. Challenges live in memory only: they
// end with the program. Errors of finish_* tell the audit log and tests what was wrong; to whoever
// asked, passkey_refusal() is the one answer. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <mutex>

#include "base/randomness.h"
#include "gatekeeper/auth/passkey_wire.h"
#include "gatekeeper/state/passkeys.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::chrono::minutes kPasskeyChallengeLife{5};
inline constexpr std::size_t kMostPasskeyChallenges = 1024;
inline constexpr std::size_t kMostPasskeyChallengesOfPerson = 4;
inline constexpr std::size_t kMostPasskeysOfPerson = 16;
inline constexpr std::size_t kMaxPasskeyNameBytes = 64;

/// "https://host" or "https://host:port", as browsers write an origin, and the relying party that
/// goes with it. kUsage for anything else; the host must be a name, because browsers make no
/// passkeys for addresses.
base::Result<PasskeySite> passkey_site(const std::string& origin);

base::Error passkey_refusal();

struct PasskeyRegistration {
  base::Bytes challenge;
  base::Bytes user_handle;
  std::vector<base::Bytes> known;  ///< ids that must not be registered again
};
struct PasskeyChallenge {
  std::string attempt;  ///< 128 random bits in hex, known to whoever gave the password
  base::Bytes challenge;
  std::vector<base::Bytes> allowed;  ///< ids of the person's passkeys that are not locked
};

class Passkeys {
 public:
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;
  Passkeys(state::Passkeys& rows, base::Randomness& randomness, PasskeySite site,
           SteadyClock clock = std::chrono::steady_clock::now);

  const PasskeySite& site() const { return site_; }

  base::Result<PasskeyRegistration> begin_registration(const std::string& person,
                                                       const std::string& session);
  /// kBadInput for a name that is empty, too long or holds control characters, for a passkey that
  /// is known, and for one too many.
  base::Result<state::Passkey> finish_registration(const std::string& person,
                                                   const std::string& session,
                                                   const std::string& name,
                                                   const RegistrationAnswer& answer,
                                                   std::int64_t now_s);

  /// Once the password was right. kRefused "passkey.none" for a person without a passkey that may
  /// be used.
  base::Result<PasskeyChallenge> begin_sign_in(const std::string& person);
  /// The passkey that was shown, with its new count on disk. "passkey.counter": the count went
  /// back, so there are two of this passkey, and it is locked from now on.
  base::Result<state::Passkey> finish_sign_in(const std::string& attempt,
                                              const SignInAnswer& answer, std::int64_t now_s);
  /// The same for a session whose second factor is shown again; there is no attempt.
  base::Result<PasskeyChallenge> begin_step_up(const std::string& person,
                                               const std::string& session);
  base::Result<state::Passkey> finish_step_up(const std::string& person, const std::string& session,
                                              const SignInAnswer& answer, std::int64_t now_s);
  std::size_t challenges() const;

 private:
  enum class Purpose : std::uint8_t { kRegistration, kSignIn, kStepUp };
  struct Open {
    Purpose purpose;
    std::string attempt;  ///< or the session
    std::string person;
    base::Bytes user_handle;  ///< of a registration
    base::Bytes challenge;
    std::chrono::steady_clock::time_point ends;
  };
  /// Adds a challenge and the time when it ends, and gives the challenge.
  base::Bytes open(Open made);
  /// What begin_* opened, which is used up with that.
  base::Result<Open> take(Purpose purpose, const std::string& attempt);
  base::Result<PasskeyChallenge> begin(Purpose purpose, const std::string& attempt,
                                       const std::string& person);
  base::Result<state::Passkey> finish(const Open& begun, const SignInAnswer& answer,
                                      std::int64_t now_s);

  state::Passkeys& rows_;
  base::Randomness& randomness_;
  PasskeySite site_;
  SteadyClock clock_;
  mutable std::mutex mutex_;
  std::list<Open> open_;  ///< oldest first
};

}  // namespace cryptonet::gatekeeper::auth
