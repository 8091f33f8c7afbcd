// SPDX-License-Identifier: Apache-2.0
// Statements over access_key and clock.
#include "gatekeeper/state/access_keys.h"

#include <algorithm>

namespace cryptonet::gatekeeper::state {
namespace {
using base::Result;
using base::Status;

std::string joined(const std::vector<std::string>& scope) {
  std::string text;
  for (const std::string& item : scope) text += (text.empty() ? "" : "\n") + item;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find('\n', from), text.size());
    items.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return items;
}

#define CN_KEY_COLUMNS                                                                      \
  "id, hash, kind, person, scope, certificate, made_at, expires_at, idle_s, last_used_at, " \
  "second_factor_at, ended_at"

/// The columns of CN_KEY_COLUMNS.
AccessKey read_key(const Statement& row) {
  AccessKey key;
  key.id = row.text(0);
  const base::Bytes hash = row.bytes(1);
  std::copy(hash.begin(), hash.end(), key.hash.begin());  // 32 bytes by the table's check
  key.kind = row.text(2) == "session" ? KeyKind::kSession : KeyKind::kAccessKey;
  key.person = row.text(3);
  key.scope = split(row.text(4));
  const base::Bytes certificate = row.bytes(5);
  if (!certificate.empty()) {
    key.certificate.emplace();
    std::copy(certificate.begin(), certificate.end(), key.certificate->begin());
  }
  key.made_at = row.integer(6);
  key.expires_at = row.integer(7);
  key.idle_s = row.integer(8);
  key.last_used_at = row.integer(9);
  key.second_factor_at = row.integer(10);
  if (!row.is_null(11)) key.ended_at = row.integer(11);
  return key;
}

Result<std::optional<AccessKey>> first_row(Statement statement) {
  CN_ASSIGN(const bool row, statement.step());
  if (!row) return std::optional<AccessKey>();
  return std::optional<AccessKey>(read_key(statement));
}
}  // namespace

Status AccessKeys::insert(Connection& connection, const AccessKey& key) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT INTO access_key (" CN_KEY_COLUMNS
                               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"));
  const base::ByteView machine =
      key.certificate.has_value() ? base::ByteView(*key.certificate) : base::ByteView();
  return statement.bind(key.id)
      .bind(base::ByteView(key.hash))
      .bind(std::string_view(key.kind == KeyKind::kSession ? "session" : "access_key"))
      .bind(key.person)
      .bind(joined(key.scope))
      .bind(machine)
      .bind(key.made_at)
      .bind(key.expires_at)
      .bind(key.idle_s)
      .bind(key.last_used_at)
      .bind(key.second_factor_at)
      .run();
}

Status AccessKeys::add(const AccessKey& key) {
  return database_.write([&](Connection& connection) { return insert(connection, key); });
}

Result<std::optional<AccessKey>> AccessKeys::find(const base::Digest& hash) {
  return database_.read([&](Connection& connection) -> Result<std::optional<AccessKey>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT " CN_KEY_COLUMNS " FROM access_key WHERE hash = ?"));
    statement.bind(base::ByteView(hash));
    return first_row(std::move(statement));
  });
}

Result<std::optional<AccessKey>> AccessKeys::find_by_id(const std::string& id) {
  return database_.read([&](Connection& connection) -> Result<std::optional<AccessKey>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT " CN_KEY_COLUMNS " FROM access_key WHERE id = ?"));
    statement.bind(id);
    return first_row(std::move(statement));
  });
}

Result<std::vector<AccessKey>> AccessKeys::list(const std::optional<std::string>& person,
                                                std::int64_t now_s) {
  return database_.read([&](Connection& connection) -> Result<std::vector<AccessKey>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT " CN_KEY_COLUMNS " FROM access_key "
                                 "WHERE (? = '' OR person = ?) AND ended_at IS NULL "
                                 "AND expires_at > ? ORDER BY made_at DESC, id LIMIT ?"));
    statement.bind(person.value_or("")).bind(person.value_or("")).bind(now_s).bind(kMostListed);
    std::vector<AccessKey> keys;
    while (true) {
      CN_ASSIGN(const bool more, statement.step());
      if (!more) return keys;
      keys.push_back(read_key(statement));
    }
  });
}

Status AccessKeys::touch(const std::string& id, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement, connection.prepare("UPDATE access_key SET last_used_at = ? "
                                                      "WHERE id = ? AND last_used_at < ?"));
    return statement.bind(now_s).bind(id).bind(now_s).run();
  });
}

Result<bool> AccessKeys::end(const std::string& id, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement, connection.prepare("UPDATE access_key SET ended_at = ? "
                                                      "WHERE id = ? AND ended_at IS NULL"));
    CN_RETURN_IF_ERROR(statement.bind(now_s).bind(id).run());
    return connection.changes() == 1;
  });
}

Status AccessKeys::end_all(std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE access_key SET ended_at = ? WHERE ended_at IS NULL"));
    return statement.bind(now_s).run();
  });
}

Status AccessKeys::remove_before(std::int64_t time_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("DELETE FROM access_key WHERE expires_at < ?"));
    return statement.bind(time_s).run();
  });
}

Result<std::optional<SeenTime>> AccessKeys::seen_time() {
  return database_.read([](Connection& connection) -> Result<std::optional<SeenTime>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT latest_s, boot_id, boot_s FROM clock"));
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return std::optional<SeenTime>();
    return std::optional<SeenTime>(
        SeenTime{statement.integer(0), statement.text(1), statement.integer(2)});
  });
}

Status AccessKeys::see_time(const SeenTime& time) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT OR REPLACE INTO clock (id, latest_s, boot_id, boot_s) "
                                 "VALUES (1, ?, ?, ?)"));
    return statement.bind(time.latest_s).bind(time.boot_id).bind(time.boot_s).run();
  });
}

}  // namespace cryptonet::gatekeeper::state
