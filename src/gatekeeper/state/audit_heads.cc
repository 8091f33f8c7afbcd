// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/state/audit_heads.h"

namespace cryptonet::gatekeeper::state {
using base::Result;
using base::Status;

Result<std::optional<std::string>> AuditHeads::find() {
  return database_.read([](Connection& connection) -> Result<std::optional<std::string>> {
    CN_ASSIGN(Statement statement, connection.prepare("SELECT head FROM audit_head"));
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return std::optional<std::string>();
    return std::optional<std::string>(statement.text(0));
  });
}

Status AuditHeads::keep(const std::string& head) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO audit_head (id, head) VALUES (1, ?) "
                                 "ON CONFLICT (id) DO UPDATE SET head = excluded.head"));
    return statement.bind(head).run();
  });
}

}  // namespace cryptonet::gatekeeper::state
