// SPDX-License-Identifier: Apache-2.0
// Numbers that the state remembers by name. Safe from several threads and processes.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

/// When this state was last restored from a backup, in seconds since 1970: what was good for once
/// or for a time before that is good no more, because the backup may not know of its use or its
/// end.
inline constexpr const char* kRestoredAt = "restored_at";

class Facts {
 public:
  explicit Facts(Database& database) : database_(database) {}
  base::Result<std::optional<std::int64_t>> find(const std::string& name);
  /// Part of a transaction of the caller's.
  static base::Status put(Connection& connection, const std::string& name, std::int64_t value);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state
