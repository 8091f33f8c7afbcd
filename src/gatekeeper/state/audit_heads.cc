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

Status AuditHeads::add_pending(const std::string& record) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO audit_pending (record) VALUES (?)"));
    return statement.bind(record).run();
  });
}

Result<std::vector<AuditHeads::Pending>> AuditHeads::pending() {
  return database_.read([](Connection& connection) -> Result<std::vector<Pending>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT id, record FROM audit_pending ORDER BY id"));
    std::vector<Pending> found;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return found;
      found.push_back({statement.integer(0), statement.text(1)});
    }
  });
}

Status AuditHeads::remove_pending(std::int64_t last) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement, connection.prepare("DELETE FROM audit_pending WHERE id <= ?"));
    return statement.bind(last).run();
  });
}

}  // namespace cryptonet::gatekeeper::state
