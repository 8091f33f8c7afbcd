// SPDX-License-Identifier: Apache-2.0
// Statements over the table fact.
#include "gatekeeper/state/facts.h"

namespace cryptonet::gatekeeper::state {
using base::Result;
using base::Status;

Result<std::optional<std::int64_t>> Facts::find(const std::string& name) {
  return database_.read([&](Connection& connection) -> Result<std::optional<std::int64_t>> {
    CN_ASSIGN(Statement statement, connection.prepare("SELECT value FROM fact WHERE name = ?"));
    CN_ASSIGN(const bool row, statement.bind(name).step());
    if (!row) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(statement.integer(0));
  });
}

Status Facts::put(Connection& connection, const std::string& name, std::int64_t value) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)"));
  return statement.bind(name).bind(value).run();
}

}  // namespace cryptonet::gatekeeper::state
