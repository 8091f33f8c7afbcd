// SPDX-License-Identifier: Apache-2.0
// Statements over the table kept_key.
#include "gatekeeper/state/kept_keys.h"

namespace cryptonet::gatekeeper::state {
using base::Result;
using base::Status;

Status KeptKeys::put(Connection& connection, base::ByteView master, const KeptKey& key) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT OR REPLACE INTO kept_key (master, name, sealed_key) "
                               "VALUES (?, ?, ?)"));
  return statement.bind(master).bind(key.name).bind(base::ByteView(key.sealed)).run();
}

Result<std::vector<KeptKey>> KeptKeys::find(base::ByteView master) {
  return database_.read([&](Connection& connection) -> Result<std::vector<KeptKey>> {
    CN_ASSIGN(
        Statement statement,
        connection.prepare("SELECT name, sealed_key FROM kept_key WHERE master = ? ORDER BY name"));
    statement.bind(master);
    std::vector<KeptKey> keys;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return keys;
      keys.push_back({statement.text(0), statement.bytes(1)});
    }
  });
}

Status KeptKeys::replace(Connection& connection, base::ByteView master,
                         const std::vector<KeptKey>& keys) {
  CN_ASSIGN(Statement statement, connection.prepare("DELETE FROM kept_key WHERE master = ?"));
  CN_RETURN_IF_ERROR(statement.bind(master).run());
  for (const KeptKey& key : keys) CN_RETURN_IF_ERROR(put(connection, master, key));
  return base::ok();
}

Status KeptKeys::keep_only(base::ByteView master) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement, connection.prepare("DELETE FROM kept_key WHERE master <> ?"));
    return statement.bind(master).run();
  });
}

}  // namespace cryptonet::gatekeeper::state
