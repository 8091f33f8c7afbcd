// SPDX-License-Identifier: Apache-2.0
// Statements over the table passkey.
#include "gatekeeper/state/passkeys.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

/// Columns id, person, name, user_handle, algorithm, public_key, sign_count, made_at, last_used_at,
/// locked_at.
Passkey read_passkey(const Statement& row) {
  Passkey passkey;
  passkey.id = row.bytes(0);
  passkey.person = row.text(1);
  passkey.name = row.text(2);
  passkey.user_handle = row.bytes(3);
  passkey.algorithm = row.integer(4);
  passkey.public_key = row.bytes(5);
  passkey.count = static_cast<std::uint32_t>(row.integer(6));
  passkey.made_at = row.integer(7);
  if (!row.is_null(8)) passkey.last_used_at = row.integer(8);
  if (!row.is_null(9)) passkey.locked_at = row.integer(9);
  return passkey;
}

Result<std::optional<Passkey>> find_in(Connection& connection, const Bytes& id) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT id, person, name, user_handle, algorithm, public_key, "
                               "sign_count, made_at, last_used_at, locked_at FROM passkey "
                               "WHERE id = ?"));
  CN_ASSIGN(const bool row, statement.bind(ByteView(id)).step());
  if (!row) return std::optional<Passkey>();
  return std::optional<Passkey>(read_passkey(statement));
}

Status check_room(Connection& connection, const std::string& person, std::size_t most) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT count(*) FROM passkey WHERE person = ?"));
  CN_ASSIGN(const bool row, statement.bind(person).step());
  if (row && statement.integer(0) < static_cast<std::int64_t>(most)) return base::ok();
  return Error(ErrorCode::kBadInput, "passkey.too_many",
               "a person has at most " + std::to_string(most) + " passkeys",
               "remove one that is not used any more");
}
}  // namespace

Status Passkeys::add(const Passkey& passkey, std::size_t most) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(const auto known, find_in(connection, passkey.id));
    if (known.has_value()) {
      return Error(ErrorCode::kBadInput, "passkey.known", "this passkey is registered already");
    }
    CN_RETURN_IF_ERROR(check_room(connection, passkey.person, most));
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO passkey (id, person, name, user_handle, algorithm, "
                                 "public_key, sign_count, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, "
                                 "?)"));
    return statement.bind(ByteView(passkey.id))
        .bind(passkey.person)
        .bind(passkey.name)
        .bind(ByteView(passkey.user_handle))
        .bind(passkey.algorithm)
        .bind(ByteView(passkey.public_key))
        .bind(std::int64_t{passkey.count})
        .bind(passkey.made_at)
        .run();
  });
}

Result<std::vector<Passkey>> Passkeys::of_person(const std::string& person) {
  return database_.read([&](Connection& connection) -> Result<std::vector<Passkey>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT id, person, name, user_handle, algorithm, public_key, "
                                 "sign_count, made_at, last_used_at, locked_at FROM passkey "
                                 "WHERE person = ? ORDER BY made_at, id"));
    statement.bind(person);
    std::vector<Passkey> found;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return found;
      found.push_back(read_passkey(statement));
    }
  });
}

Result<std::optional<Passkey>> Passkeys::find(const Bytes& id) {
  return database_.read([&](Connection& connection) { return find_in(connection, id); });
}

Result<Passkeys::Use> Passkeys::use(const Bytes& id, const std::string& person, std::uint32_t count,
                                    std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<Use> {
    CN_ASSIGN(const auto passkey, find_in(connection, id));
    if (!passkey.has_value() || passkey->person != person || passkey->locked_at) return Use::kGone;
    const bool grew = count > passkey->count || (count == 0 && passkey->count == 0);
    CN_ASSIGN(Statement statement,
              connection.prepare(grew ? "UPDATE passkey SET sign_count = ?, last_used_at = ? "
                                        "WHERE id = ?"
                                      : "UPDATE passkey SET sign_count = ?, locked_at = ? "
                                        "WHERE id = ?"));
    CN_RETURN_IF_ERROR(statement.bind(std::int64_t{grew ? count : passkey->count})
                           .bind(now_s)
                           .bind(ByteView(id))
                           .run());
    return grew ? Use::kUsed : Use::kWentBack;
  });
}

Result<bool> Passkeys::remove(const Bytes& id, const std::string& person) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement,
              connection.prepare("DELETE FROM passkey WHERE id = ? AND person = ?"));
    CN_RETURN_IF_ERROR(statement.bind(ByteView(id)).bind(person).run());
    return connection.changes() == 1;
  });
}

}  // namespace cryptonet::gatekeeper::state
