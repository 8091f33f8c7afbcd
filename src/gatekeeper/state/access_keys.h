// SPDX-License-Identifier: Apache-2.0
// Sessions and access keys: rows, without the tokens themselves; and the latest time that was seen.
// Safe from several threads.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

enum class KeyKind : std::uint8_t { kSession, kAccessKey };

/// Times are seconds since 1970 by auth::Clock, which never goes back.
struct AccessKey {
  std::string id;     ///< 16 hex digits; no secret
  base::Digest hash;  ///< SHA-256 of the token
  KeyKind kind = KeyKind::kSession;
  std::string person;
  std::vector<std::string> scope;           ///< "dataset:NAME", "function:NAME"; empty: no limit
  std::optional<base::Digest> certificate;  ///< the machine that the token is bound to
  std::int64_t made_at = 0;
  std::int64_t expires_at = 0;
  std::int64_t idle_s = 0;
  std::int64_t last_used_at = 0;
  std::int64_t second_factor_at = 0;
  std::optional<std::int64_t> ended_at;  ///< revoked, signed out, or a right that it rested on went
};

/// What the clock said last, and on which start of the machine.
struct SeenTime {
  std::int64_t latest_s = 0;
  std::string boot_id;
  std::int64_t boot_s = 0;  ///< seconds since that start
};

class AccessKeys {
 public:
  explicit AccessKeys(Database& database) : database_(database) {}

  base::Status add(const AccessKey& key);
  static base::Status insert(Connection& connection, const AccessKey& key);
  base::Result<std::optional<AccessKey>> find(const base::Digest& hash);
  base::Result<std::optional<AccessKey>> find_by_id(const std::string& id);
  /// Those that have not ended: of a person, or of everybody; newest first, at most kMostListed.
  base::Result<std::vector<AccessKey>> list(const std::optional<std::string>& person,
                                            std::int64_t now_s);
  base::Status touch(const std::string& id, std::int64_t now_s);
  /// On disk when it returns. False: it had ended, or there is no such key.
  base::Result<bool> end(const std::string& id, std::int64_t now_s);
  base::Status end_all(std::int64_t now_s);
  /// Removes what expired before. What ended expires within half a day, too.
  base::Status remove_before(std::int64_t time_s);

  base::Result<std::optional<SeenTime>> seen_time();
  base::Status see_time(const SeenTime& time);

  static constexpr std::int64_t kMostListed = 4096;

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state
