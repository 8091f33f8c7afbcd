// SPDX-License-Identifier: Apache-2.0
// Passkeys of persons: public keys only. A passkey belongs to one user for ever; one whose count of
// signatures went back stays, locked, until it is removed. Times are seconds since 1970, UTC. Safe
// from several threads.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

struct Passkey {
  base::Bytes id;  ///< 16 to 1023 bytes that the authenticator chose
  std::string person;
  std::string name;         ///< what its holder calls it
  base::Bytes user_handle;  ///< 32 random bytes, the same for all passkeys of a user
  std::int64_t algorithm = 0;
  base::Bytes public_key;
  std::uint32_t count = 0;  ///< of signatures, as last told
  std::int64_t made_at = 0;
  std::optional<std::int64_t> last_used_at;
  std::optional<std::int64_t> locked_at;
};

class Passkeys {
 public:
  explicit Passkeys(Database& database) : database_(database) {}
  /// kBadInput: "passkey.known" when somebody has this id already, "passkey.too_many" beyond
  /// `most` of one user.
  base::Status add(const Passkey& passkey, std::size_t most);
  /// In the order in which they were made, locked ones too.
  base::Result<std::vector<Passkey>> of_person(const std::string& person);
  base::Result<std::optional<Passkey>> find(const base::Bytes& id);
  enum class Use : std::uint8_t {
    kUsed,      ///< the new count and the time are kept
    kWentBack,  ///< the passkey is locked from now on
    kGone       ///< no such passkey of this user, or locked
  };
  /// Takes a signature's count, atomically: it must be greater than the one before, unless both
  /// are zero.
  base::Result<Use> use(const base::Bytes& id, const std::string& person, std::uint32_t count,
                        std::int64_t now_s);
  /// False when the user has no such passkey.
  base::Result<bool> remove(const base::Bytes& id, const std::string& person);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state
