// SPDX-License-Identifier: Apache-2.0
// What proves a person, and how often that failed: rows. Accepting a second factor, starting the
// session that it buys and forgetting failures is one transaction, so that of two sign-ins with one
// code at most one wins, whatever crashes. Safe from several threads.
#pragma once

#include "gatekeeper/state/access_keys.h"
#include "gatekeeper/state/people.h"

namespace cryptonet::gatekeeper::state {

/// A second factor that was found right and is now to be used up. One of them.
struct UsedFactor {
  std::optional<std::int64_t> totp_step;
  std::optional<base::Digest> recovery_hash;
  std::optional<base::Bytes> passkey;  ///< its id; its count was used up where passkeys are kept
  /// What the password was found right against. Whoever got a new credential meanwhile is not let
  /// in by the old one.
  std::optional<std::string> password_hash;
};

struct FailedSignIns {
  std::int64_t failures = 0;
  std::int64_t last_at = 0;
};

class Credentials {
 public:
  explicit Credentials(Database& database) : database_(database) {}

  /// Of a person who may come in: nothing for unknown and disabled ones. Without recovery hashes.
  base::Result<std::optional<Credential>> find(const std::string& person);
  base::Result<bool> has_recovery_code(const std::string& person, const base::Digest& hash);

  base::Result<FailedSignIns> failures(const base::Digest& subject);
  /// Counts an attempt as failed before it is judged, so that neither a crash nor a crowd gets one
  /// for nothing; on disk when it returns. False, and not counted: it comes too early by
  /// `may_try`. `subject` stands for `name`. What is counted of a person is kept until a success;
  /// of names that nobody has, at most kMostUnknownSubjects, and those with the fewest failures go.
  base::Result<bool> begin_attempt(const std::string& name, const base::Digest& subject,
                                   std::int64_t now_s,
                                   bool (*may_try)(const FailedSignIns&, std::int64_t now_s));
  base::Status forget_failures(const base::Digest& subject);

  /// Uses up the factor, starts the session and forgets the failures. False, and nothing changed:
  /// the factor was used before, the person may not come in any more or has another password, or
  /// the failures have reached `lock_at`.
  base::Result<bool> start_session(const base::Digest& subject, std::int64_t lock_at,
                                   const UsedFactor& factor, const AccessKey& session,
                                   std::int64_t now_s);
  /// Uses up the factor and notes the time with the session. False as above, or when the session
  /// has ended.
  base::Result<bool> refresh_session(const std::string& person, const UsedFactor& factor,
                                     const std::string& session, std::int64_t now_s);

  static constexpr std::int64_t kMostUnknownSubjects = 100'000;

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state
