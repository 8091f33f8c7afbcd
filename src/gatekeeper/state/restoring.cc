// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/state/restoring.h"

#include <array>

#include "gatekeeper/state/facts.h"

namespace cryptonet::gatekeeper::state {
namespace {
/// Each takes the time, in seconds, as its only parameter.
constexpr std::array kStatements = {
    "UPDATE access_key SET ended_at = ?1 WHERE ended_at IS NULL",
    "UPDATE recovery_code SET used_at = ?1 WHERE used_at IS NULL",
    // Steps of 30 s; later ones than the present are never taken.
    "UPDATE credential SET last_totp_step = max(last_totp_step, ?1 / 30)",
};
}  // namespace

base::Status end_what_was_good_for_once(Database& database, std::int64_t now_s) {
  return database.write([&](Connection& connection) -> base::Status {
    for (const char* sql : kStatements) {
      CN_ASSIGN(Statement statement, connection.prepare(sql));
      CN_RETURN_IF_ERROR(statement.bind(now_s).run());
    }
    return Facts::put(connection, kRestoredAt, now_s);
  });
}

}  // namespace cryptonet::gatekeeper::state
