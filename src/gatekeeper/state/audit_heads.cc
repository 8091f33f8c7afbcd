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

Result<std::int64_t> AuditHeads::add_pending(const std::string& record) {
  std::int64_t id = 0;
  CN_RETURN_IF_ERROR(database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO audit_pending (record) VALUES (?) RETURNING id"));
    CN_ASSIGN(const bool row, statement.bind(record).step());
    CHECK(row);
    id = statement.integer(0);
    CN_ASSIGN(const bool more, statement.step());
    CHECK(!more);
    return base::ok();
  }));
  return id;
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

Status AuditHeads::remove_pending(const std::vector<std::int64_t>& ids) {
  return database_.write([&](Connection& connection) -> Status {
    for (const std::int64_t id : ids) {
      CN_ASSIGN(Statement statement, connection.prepare("DELETE FROM audit_pending WHERE id = ?"));
      CN_RETURN_IF_ERROR(statement.bind(id).run());
    }
    return base::ok();
  });
}

}  // namespace cryptonet::gatekeeper::state
