// SPDX-License-Identifier: Apache-2.0
// From a name, a password and a second factor to a session, and how people get what they sign in
// with. Everything that is wrong gets one answer and takes one path: the attempt is counted on disk
// before it is judged, bcrypt runs whether the name is known or not, and the second factor is
// looked at whether the password was right or not. From the fifth failure on the next attempt must
// wait, 1 s, 2 s, 4 s … up to a quarter of an hour; after a hundred the name is locked until a
// custodian resets it. Any thread.
#pragma once

#include "api/messages.h"
#include "gatekeeper/auth/clock.h"
#include "gatekeeper/auth/hashing_pool.h"
#include "gatekeeper/auth/token.h"
#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/state/credentials.h"
#include "net/http.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::int64_t kFreeFailures = 5;  ///< attempts without a wait
inline constexpr std::int64_t kLongestWaitS = 900;
inline constexpr std::int64_t kLockAt = 100;
inline constexpr std::int64_t kSessionS = 12 * 3600;
inline constexpr std::int64_t kSessionIdleS = 30 * 60;
inline constexpr std::int64_t kFreshS = 300;  ///< how long a second factor counts as fresh
inline constexpr std::size_t kRecoveryCodes = 10;

/// The one answer to everybody who is not signed in, for whatever reason.
base::Error not_signed_in();

/// A fresh credential: what goes to disk, and what the person is shown once.
struct NewCredential {
  state::Credential stored;
  std::string otpauth;
  std::string secret;
  std::vector<std::string> recovery_codes;
};

/// What signing in rests on.
struct SignInParts {
  state::Credentials& credentials;
  const keys::KeyRing& keys;
  Clock& clock;
  HashingPool& hashing;
  base::Randomness& randomness;
};

/// A session that has begun.
struct Started : api::SignedIn {
  bool by_recovery_code = false;  ///< one of the person's few, now spent
};

class SignIn {
 public:
  explicit SignIn(SignInParts parts) : parts_(parts) {}

  /// kBadInput for a password or name that nobody should have.
  base::Result<NewCredential> make_credential(const std::string& person, std::string_view password);

  /// The session, bound to the machine that asks. kNotSignedIn alike for whatever is wrong;
  /// kUnreachable when too many sign in at once.
  base::Result<Started> sign_in(const api::SignInRequest& request, const net::Peer& machine);
  /// The second factor once more, for a session; gives whether a recovery code was spent on it.
  /// kNotSignedIn; counted like a sign-in.
  base::Result<bool> step_up(const std::string& person, const std::string& session,
                             std::string_view code);

  /// The first half of a sign-in whose second factor is a passkey: counts the attempt and checks
  /// the password. sign_in_with_passkey() is called once the passkey was verified.
  base::Status check_password(const std::string& person, std::string_view password);
  base::Result<Started> sign_in_with_passkey(const std::string& person, const base::Bytes& passkey,
                                             const net::Peer& machine);
  base::Status step_up_with_passkey(const std::string& person, const std::string& session,
                                    const base::Bytes& passkey);

  base::Result<bool> is_locked(const std::string& person);
  base::Status unlock(const std::string& person);

 private:
  base::Digest subject_of(std::string_view person) const;
  base::Digest recovery_hash(std::string_view person, std::string_view code) const;
  base::Status begin_attempt(const std::string& person);
  base::Result<bool> password_matches(const HashingPool::Place& place,
                                      const std::optional<state::Credential>& credential,
                                      std::string_view password);
  /// The factor that the code is, found right but not yet used up.
  base::Result<std::optional<state::UsedFactor>> factor_of(
      const std::string& person, const std::optional<state::Credential>& credential,
      std::string_view code);
  base::Result<Started> start_session(const std::string& person, const state::UsedFactor& factor,
                                      const net::Peer& machine);
  SignInParts parts_;
};

/// kBadInput unless 1 to 64 of a–z, 0–9, '.', '_', '-', '@', beginning with a letter or digit.
base::Status check_name(std::string_view what, std::string_view name);

}  // namespace cryptonet::gatekeeper::auth
