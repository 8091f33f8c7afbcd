// SPDX-License-Identifier: Apache-2.0
// Statements over the tables enrolment and certificate.
#include "gatekeeper/state/identities.h"

#include <algorithm>
#include <array>

namespace cryptonet::gatekeeper::state {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::array<std::pair<EnrolmentRole, std::string_view>, 3> kRoles = {{
    {EnrolmentRole::kCloud, "cloud"},
    {EnrolmentRole::kContributor, "contributor"},
    {EnrolmentRole::kResearcher, "researcher"},
}};

/// Columns id, name, role, sealed_secret, revoked_at from `first` on.
Enrolment read_enrolment(const Statement& statement, int first) {
  Enrolment enrolment;
  enrolment.id = statement.text(first);
  enrolment.name = statement.text(first + 1);
  const auto role = role_from_word(statement.text(first + 2));
  CHECK(role.has_value());  // the table allows the three words only
  enrolment.role = *role;
  enrolment.sealed_secret = statement.bytes(first + 3);
  enrolment.revoked = !statement.is_null(first + 4);
  return enrolment;
}

Result<std::optional<Enrolment>> find_where(Connection& connection, const char* sql,
                                            const std::string& key) {
  CN_ASSIGN(Statement statement, connection.prepare(sql));
  CN_ASSIGN(const bool row, statement.bind(key).step());
  if (!row) return std::optional<Enrolment>();
  return std::optional<Enrolment>(read_enrolment(statement, 0));
}
}  // namespace

std::string_view role_word(EnrolmentRole role) {
  const auto* found = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](const auto& entry) { return entry.first == role; });
  CHECK(found != kRoles.end());
  return found->second;
}

std::optional<EnrolmentRole> role_from_word(std::string_view word) {
  const auto* found = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](const auto& entry) { return entry.second == word; });
  if (found == kRoles.end()) return std::nullopt;
  return found->first;
}

Status Identities::insert_enrolment(Connection& connection, const Enrolment& enrolment,
                                    std::int64_t now_s) {
  CN_ASSIGN(const auto taken,
            find_where(connection,
                       "SELECT id, name, role, sealed_secret, revoked_at FROM enrolment "
                       "WHERE name = ?",
                       enrolment.name));
  if (taken.has_value()) {
    return Error(ErrorCode::kBadInput, "enrol.name_taken",
                 "the name '" + enrolment.name + "' is enrolled already",
                 "choose another name; names are never given twice, not even after revocation");
  }
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT INTO enrolment (id, name, role, sealed_secret, made_at) "
                               "VALUES (?, ?, ?, ?, ?)"));
  return statement.bind(enrolment.id)
      .bind(enrolment.name)
      .bind(role_word(enrolment.role))
      .bind(base::ByteView(enrolment.sealed_secret))
      .bind(now_s)
      .run();
}

Result<std::optional<Enrolment>> Identities::find_enrolment(const std::string& id) {
  return database_.read([&](Connection& connection) {
    return find_where(
        connection, "SELECT id, name, role, sealed_secret, revoked_at FROM enrolment WHERE id = ?",
        id);
  });
}

Result<std::optional<Enrolment>> Identities::find_enrolment_by_name(const std::string& name) {
  return database_.read([&](Connection& connection) {
    return find_where(
        connection,
        "SELECT id, name, role, sealed_secret, revoked_at FROM enrolment WHERE name = ?", name);
  });
}

Status Identities::revoke(const std::string& name, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE enrolment SET revoked_at = coalesce(revoked_at, ?) "
                                 "WHERE name = ?"));
    CN_RETURN_IF_ERROR(statement.bind(now_s).bind(name).run());
    if (connection.changes() == 1) return base::ok();
    return Error(ErrorCode::kBadInput, "enrolment.not_found",
                 "nobody is enrolled under the name '" + name + "'");
  });
}

Status Identities::add_certificate(const Certificate& certificate, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO certificate (hash, enrolment, signing_key, made_at) "
                                 "VALUES (?, ?, ?, ?)"));
    const auto key =
        certificate.signing_key ? base::ByteView(*certificate.signing_key) : base::ByteView();
    return statement.bind(base::ByteView(certificate.hash))
        .bind(certificate.enrolment)
        .bind(key)
        .bind(now_s)
        .run();
  });
}

Result<std::optional<Principal>> Identities::find_principal(const base::Digest& certificate_hash) {
  return database_.read([&](Connection& connection) -> Result<std::optional<Principal>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT e.id, e.name, e.role, e.sealed_secret, e.revoked_at, "
                                 "c.signing_key FROM certificate c JOIN enrolment e "
                                 "ON e.id = c.enrolment WHERE c.hash = ?"));
    CN_ASSIGN(const bool row, statement.bind(base::ByteView(certificate_hash)).step());
    if (!row) return std::optional<Principal>();
    Principal principal;
    principal.enrolment = read_enrolment(statement, 0);
    principal.certificate.hash = certificate_hash;
    principal.certificate.enrolment = principal.enrolment.id;
    const base::Bytes key = statement.bytes(5);
    if (!key.empty()) {
      auto& kept = principal.certificate.signing_key.emplace();
      CHECK(key.size() == kept.size());  // the table allows 0 or 32 bytes only
      std::copy(key.begin(), key.end(), kept.begin());
    }
    return std::optional<Principal>(std::move(principal));
  });
}

}  // namespace cryptonet::gatekeeper::state
