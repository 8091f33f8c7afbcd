// SPDX-License-Identifier: Apache-2.0
// Statements over credential, recovery_code and failed_sign_in.
#include "gatekeeper/state/credentials.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::Result;
using base::Status;

Result<bool> may_come_in(Connection& connection, const std::string& person) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT 1 FROM person WHERE name = ? AND disabled_at IS NULL"));
  return statement.bind(person).step();
}

Result<FailedSignIns> read_failures(Connection& connection, const base::Digest& subject) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT failures, last_at FROM failed_sign_in WHERE subject = ?"));
  CN_ASSIGN(const bool row, statement.bind(base::ByteView(subject)).step());
  if (!row) return FailedSignIns{};
  return FailedSignIns{statement.integer(0), statement.integer(1)};
}

Result<bool> has_password(Connection& connection, const std::string& person,
                          const std::optional<std::string>& hash) {
  if (!hash.has_value()) return true;
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT 1 FROM credential WHERE person = ? AND password_hash = ?"));
  return statement.bind(person).bind(*hash).step();
}

/// Whether the factor was there to be used.
Result<bool> use_up(Connection& connection, const std::string& person, const UsedFactor& factor,
                    std::int64_t now_s) {
  if (factor.totp_step.has_value()) {
    CN_ASSIGN(Statement statement, connection.prepare("UPDATE credential SET last_totp_step = ? "
                                                      "WHERE person = ? AND last_totp_step < ?"));
    CN_RETURN_IF_ERROR(
        statement.bind(*factor.totp_step).bind(person).bind(*factor.totp_step).run());
    return connection.changes() == 1;
  }
  if (factor.recovery_hash.has_value()) {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE recovery_code SET used_at = ? "
                                 "WHERE person = ? AND hash = ? AND used_at IS NULL"));
    CN_RETURN_IF_ERROR(
        statement.bind(now_s).bind(person).bind(base::ByteView(*factor.recovery_hash)).run());
    return connection.changes() == 1;
  }
  if (!factor.passkey.has_value()) return false;
  // Asked again here: a reset may have taken it away since it was verified.
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT 1 FROM passkey WHERE id = ? AND person = ? "
                               "AND locked_at IS NULL"));
  return statement.bind(base::ByteView(*factor.passkey)).bind(person).step();
}

/// For one subject more. Of names that nobody has those with the fewest failures go first, the
/// oldest of them. A person's name makes room like any other: the work tells nothing of it.
Status make_room(Connection& connection) {
  CN_ASSIGN(Statement count,
            connection.prepare("SELECT count(*) FROM failed_sign_in WHERE known = 0"));
  CN_ASSIGN(const bool row, count.step());
  CHECK(row);
  const std::int64_t surplus = count.integer(0) + 1 - Credentials::kMostUnknownSubjects;
  if (surplus <= 0) return base::ok();
  CN_ASSIGN(Statement removal,
            connection.prepare("DELETE FROM failed_sign_in WHERE subject IN (SELECT subject "
                               "FROM failed_sign_in WHERE known = 0 "
                               "ORDER BY failures, last_at LIMIT ?)"));
  return removal.bind(surplus).run();
}

Status remove_failures(Connection& connection, const base::Digest& subject) {
  CN_ASSIGN(Statement statement,
            connection.prepare("DELETE FROM failed_sign_in WHERE subject = ?"));
  return statement.bind(base::ByteView(subject)).run();
}
}  // namespace

Result<std::optional<Credential>> Credentials::find(const std::string& person) {
  return database_.read([&](Connection& connection) -> Result<std::optional<Credential>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT password_hash, sealed_totp, last_totp_step "
                                 "FROM credential JOIN person ON name = person "
                                 "WHERE person = ? AND disabled_at IS NULL"));
    CN_ASSIGN(const bool row, statement.bind(person).step());
    if (!row) return std::optional<Credential>();
    Credential credential;
    credential.password_hash = statement.text(0);
    credential.sealed_totp = statement.bytes(1);
    credential.last_totp_step = statement.integer(2);
    return std::optional<Credential>(std::move(credential));
  });
}

Result<bool> Credentials::has_recovery_code(const std::string& person, const base::Digest& hash) {
  return database_.read([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT 1 FROM recovery_code "
                                 "WHERE person = ? AND hash = ? AND used_at IS NULL"));
    return statement.bind(person).bind(base::ByteView(hash)).step();
  });
}

Result<FailedSignIns> Credentials::failures(const base::Digest& subject) {
  return database_.read([&](Connection& connection) { return read_failures(connection, subject); });
}

Result<bool> Credentials::begin_attempt(const std::string& name, const base::Digest& subject,
                                        std::int64_t now_s,
                                        bool (*may_try)(const FailedSignIns&, std::int64_t)) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(const FailedSignIns failed, read_failures(connection, subject));
    if (!may_try(failed, now_s)) return false;
    if (failed.failures == 0) CN_RETURN_IF_ERROR(make_room(connection));
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO failed_sign_in (subject, failures, last_at, known) "
                                 "VALUES (?, 1, ?, EXISTS (SELECT 1 FROM person WHERE name = ?)) "
                                 "ON CONFLICT (subject) DO UPDATE SET failures = failures + 1, "
                                 "last_at = excluded.last_at, known = excluded.known"));
    CN_RETURN_IF_ERROR(statement.bind(base::ByteView(subject)).bind(now_s).bind(name).run());
    return true;
  });
}

Status Credentials::forget_failures(const base::Digest& subject) {
  return database_.write(
      [&](Connection& connection) { return remove_failures(connection, subject); });
}

Result<bool> Credentials::start_session(const base::Digest& subject, std::int64_t lock_at,
                                        const UsedFactor& factor, const AccessKey& session,
                                        std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(const FailedSignIns failed, read_failures(connection, subject));
    CN_ASSIGN(const bool welcome, may_come_in(connection, session.person));
    if (!welcome || failed.failures >= lock_at) return false;
    CN_ASSIGN(const bool current, has_password(connection, session.person, factor.password_hash));
    if (!current) return false;
    CN_ASSIGN(const bool used, use_up(connection, session.person, factor, now_s));
    if (!used) return false;
    CN_RETURN_IF_ERROR(remove_failures(connection, subject));
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE person SET last_sign_in_at = ? WHERE name = ?"));
    CN_RETURN_IF_ERROR(statement.bind(now_s).bind(session.person).run());
    CN_RETURN_IF_ERROR(AccessKeys::insert(connection, session));
    return true;
  });
}

Result<bool> Credentials::refresh_session(const std::string& person, const UsedFactor& factor,
                                          const std::string& session, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(const bool welcome, may_come_in(connection, person));
    CN_ASSIGN(Statement live, connection.prepare("SELECT 1 FROM access_key WHERE id = ? "
                                                 "AND person = ? AND ended_at IS NULL"));
    CN_ASSIGN(const bool there, live.bind(session).bind(person).step());
    if (!welcome || !there) return false;
    CN_ASSIGN(const bool used, use_up(connection, person, factor, now_s));
    if (!used) return false;
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE access_key SET second_factor_at = ? WHERE id = ?"));
    CN_RETURN_IF_ERROR(statement.bind(now_s).bind(session).run());
    return true;
  });
}

}  // namespace cryptonet::gatekeeper::state
