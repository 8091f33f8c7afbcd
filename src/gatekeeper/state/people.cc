// SPDX-License-Identifier: Apache-2.0
// Statements over person, credential, recovery_code, project, member and project_dataset.
#include "gatekeeper/state/people.h"

#include <algorithm>
#include <array>

namespace cryptonet::gatekeeper::state {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{
    {Role::kContributor, "contributor"},
    {Role::kResearcher, "researcher"},
    {Role::kSteward, "steward"},
    {Role::kCustodian, "custodian"},
    {Role::kAuditor, "auditor"},
}};

Error unknown_person(const std::string& name) {
  return {ErrorCode::kBadInput, "user.not_found", "there is no user '" + name + "'",
          "cryptonet user list shows who is there"};
}

Error unknown_project(const std::string& name) {
  return {ErrorCode::kBadInput, "project.not_found", "there is no project '" + name + "'",
          "cryptonet project add " + name};
}

Result<bool> exists(Connection& connection, const char* sql, const std::string& key) {
  CN_ASSIGN(Statement statement, connection.prepare(sql));
  return statement.bind(key).step();
}

Status require_person(Connection& connection, const std::string& name) {
  CN_ASSIGN(const bool there, exists(connection, "SELECT 1 FROM person WHERE name = ?", name));
  return there ? base::ok() : Status(unknown_person(name));
}

Status require_project(Connection& connection, const std::string& name) {
  CN_ASSIGN(const bool there, exists(connection, "SELECT 1 FROM project WHERE name = ?", name));
  return there ? base::ok() : Status(unknown_project(name));
}

Status end_keys(Connection& connection, const std::string& person, std::int64_t now_s) {
  CN_ASSIGN(Statement statement, connection.prepare("UPDATE access_key SET ended_at = ? "
                                                    "WHERE person = ? AND ended_at IS NULL"));
  return statement.bind(now_s).bind(person).run();
}

Status end_access_keys(Connection& connection, const std::string& person, std::int64_t now_s) {
  CN_ASSIGN(Statement statement,
            connection.prepare("UPDATE access_key SET ended_at = ? "
                               "WHERE person = ? AND kind = 'access_key' AND ended_at IS NULL"));
  return statement.bind(now_s).bind(person).run();
}

Status put_credential(Connection& connection, const std::string& person,
                      const Credential& credential) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT OR REPLACE INTO credential "
                               "(person, password_hash, sealed_totp, last_totp_step) "
                               "VALUES (?, ?, ?, ?)"));
  CN_RETURN_IF_ERROR(statement.bind(person)
                         .bind(credential.password_hash)
                         .bind(base::ByteView(credential.sealed_totp))
                         .bind(credential.last_totp_step)
                         .run());
  CN_ASSIGN(Statement removal, connection.prepare("DELETE FROM recovery_code WHERE person = ?"));
  CN_RETURN_IF_ERROR(removal.bind(person).run());
  for (const base::Digest& hash : credential.recovery_hashes) {
    CN_ASSIGN(Statement code,
              connection.prepare("INSERT INTO recovery_code (person, hash) VALUES (?, ?)"));
    CN_RETURN_IF_ERROR(code.bind(person).bind(base::ByteView(hash)).run());
  }
  return base::ok();
}

Status put_member(Connection& connection, const std::string& project, const std::string& person,
                  Role role) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT OR REPLACE INTO member (project, person, role) "
                               "VALUES (?, ?, ?)"));
  return statement.bind(project).bind(person).bind(role_word(role)).run();
}

/// Columns name, office, disabled_at, last_sign_in_at.
Result<Person> read_person(Connection& connection, const Statement& row) {
  Person person;
  person.name = row.text(0);
  if (!row.is_null(1)) person.office = person_role_from_word(row.text(1));
  person.disabled = !row.is_null(2);
  person.last_sign_in_at = row.is_null(3) ? 0 : row.integer(3);
  CN_ASSIGN(Statement members,
            connection.prepare("SELECT project, role FROM member WHERE person = ? "
                               "ORDER BY project"));
  members.bind(person.name);
  while (true) {
    CN_ASSIGN(const bool more, members.step());
    if (!more) return person;
    person.memberships.push_back({members.text(0), *person_role_from_word(members.text(1))});
  }
}

Result<bool> changed(Connection& connection, Status done) {
  CN_RETURN_IF_ERROR(std::move(done));
  return connection.changes() > 0;
}
}  // namespace

std::string_view role_word(Role role) {
  const auto* found = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](const auto& entry) { return entry.first == role; });
  CHECK(found != kRoles.end());
  return found->second;
}

std::optional<Role> person_role_from_word(std::string_view word) {
  const auto* found = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](const auto& entry) { return entry.second == word; });
  if (found == kRoles.end()) return std::nullopt;
  return found->first;
}

bool is_office(Role role) { return role == Role::kCustodian || role == Role::kAuditor; }

Result<bool> People::empty() {
  return database_.read([](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement, connection.prepare("SELECT 1 FROM person LIMIT 1"));
    CN_ASSIGN(const bool row, statement.step());
    return !row;
  });
}

Status People::add(const std::string& name, Role role, const Credential& credential,
                   std::int64_t now_s, bool first) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement anybody, connection.prepare("SELECT 1 FROM person LIMIT 1"));
    CN_ASSIGN(const bool somebody, anybody.step());
    if (first && somebody) {
      return Error(ErrorCode::kRefused, "bootstrap.done", "there is a custodian already",
                   "sign in, or ask a custodian to add you");
    }
    CN_ASSIGN(const bool taken, exists(connection, "SELECT 1 FROM person WHERE name = ?", name));
    if (taken) {
      return Error(ErrorCode::kBadInput, "user.name_taken",
                   "there is a user '" + name + "' already", "choose another name");
    }
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO person (name, office, made_at) VALUES (?, ?, ?)"));
    statement.bind(name);
    if (is_office(role)) {
      statement.bind(role_word(role));
    } else {
      statement.bind_null();
    }
    CN_RETURN_IF_ERROR(statement.bind(now_s).run());
    if (!is_office(role)) {
      CN_RETURN_IF_ERROR(put_member(connection, std::string(kDefaultProject), name, role));
    }
    return put_credential(connection, name, credential);
  });
}

Result<std::optional<Person>> People::find(const std::string& name) {
  return database_.read([&](Connection& connection) -> Result<std::optional<Person>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT name, office, disabled_at, last_sign_in_at FROM person "
                                 "WHERE name = ?"));
    CN_ASSIGN(const bool row, statement.bind(name).step());
    if (!row) return std::optional<Person>();
    CN_ASSIGN(Person person, read_person(connection, statement));
    return std::optional<Person>(std::move(person));
  });
}

Result<std::vector<Person>> People::all() {
  return database_.read([&](Connection& connection) -> Result<std::vector<Person>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT name, office, disabled_at, last_sign_in_at FROM person "
                                 "ORDER BY name"));
    std::vector<Person> people;
    while (true) {
      CN_ASSIGN(const bool more, statement.step());
      if (!more) return people;
      CN_ASSIGN(Person person, read_person(connection, statement));
      people.push_back(std::move(person));
    }
  });
}

Result<bool> People::disable(const std::string& name, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_RETURN_IF_ERROR(require_person(connection, name));
    CN_ASSIGN(Statement others,
              connection.prepare("SELECT 1 FROM person WHERE office = 'custodian' "
                                 "AND disabled_at IS NULL AND name <> ? LIMIT 1"));
    CN_ASSIGN(const bool another, others.bind(name).step());
    if (!another) {
      return Error(ErrorCode::kRefused, "user.last_custodian",
                   "'" + name + "' is the last custodian, without whom nobody could be let in",
                   "add another custodian first");
    }
    CN_ASSIGN(Statement statement, connection.prepare("UPDATE person SET disabled_at = ? "
                                                      "WHERE name = ? AND disabled_at IS NULL"));
    CN_ASSIGN(const bool was_enabled, changed(connection, statement.bind(now_s).bind(name).run()));
    CN_RETURN_IF_ERROR(end_keys(connection, name, now_s));
    return was_enabled;
  });
}

Status People::reset(const std::string& name, const Credential& credential, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_RETURN_IF_ERROR(require_person(connection, name));
    CN_RETURN_IF_ERROR(end_keys(connection, name, now_s));
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE person SET disabled_at = NULL WHERE name = ?"));
    CN_RETURN_IF_ERROR(statement.bind(name).run());
    CN_ASSIGN(Statement passkeys, connection.prepare("DELETE FROM passkey WHERE person = ?"));
    CN_RETURN_IF_ERROR(passkeys.bind(name).run());
    return put_credential(connection, name, credential);
  });
}

Result<bool> People::add_project(const std::string& name, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT OR IGNORE INTO project (name, made_at) VALUES (?, ?)"));
    return changed(connection, statement.bind(name).bind(now_s).run());
  });
}

Result<bool> People::grant(const std::string& project, const std::string& person, Role role,
                           std::int64_t now_s) {
  CHECK(!is_office(role));
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_RETURN_IF_ERROR(require_project(connection, project));
    CN_RETURN_IF_ERROR(require_person(connection, person));
    CN_ASSIGN(Statement had,
              connection.prepare("SELECT role FROM member WHERE project = ? AND person = ?"));
    CN_ASSIGN(const bool member, had.bind(project).bind(person).step());
    if (member && had.text(0) == role_word(role)) return false;
    if (member) CN_RETURN_IF_ERROR(end_access_keys(connection, person, now_s));
    CN_RETURN_IF_ERROR(put_member(connection, project, person, role));
    return true;
  });
}

Result<bool> People::remove(const std::string& project, const std::string& person,
                            std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_RETURN_IF_ERROR(require_project(connection, project));
    CN_RETURN_IF_ERROR(require_person(connection, person));
    CN_ASSIGN(Statement statement,
              connection.prepare("DELETE FROM member WHERE project = ? AND person = ?"));
    CN_ASSIGN(const bool left, changed(connection, statement.bind(project).bind(person).run()));
    if (left) CN_RETURN_IF_ERROR(end_access_keys(connection, person, now_s));
    return left;
  });
}

Result<bool> People::attach(const std::string& project, const std::string& dataset) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_RETURN_IF_ERROR(require_project(connection, project));
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT OR IGNORE INTO project_dataset (dataset, project) "
                                 "VALUES (?, ?)"));
    return changed(connection, statement.bind(dataset).bind(project).run());
  });
}

Result<bool> People::detach(const std::string& project, const std::string& dataset) {
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_RETURN_IF_ERROR(require_project(connection, project));
    CN_ASSIGN(Statement statement,
              connection.prepare("DELETE FROM project_dataset WHERE dataset = ? AND project = ?"));
    return changed(connection, statement.bind(dataset).bind(project).run());
  });
}

Result<std::vector<Project>> People::projects() {
  return database_.read([&](Connection& connection) -> Result<std::vector<Project>> {
    CN_ASSIGN(Statement names, connection.prepare("SELECT name FROM project ORDER BY name"));
    std::vector<Project> projects;
    while (true) {
      CN_ASSIGN(const bool more, names.step());
      if (!more) return projects;
      Project project;
      project.name = names.text(0);
      CN_ASSIGN(Statement datasets,
                connection.prepare("SELECT dataset FROM project_dataset WHERE project = ? "
                                   "ORDER BY dataset"));
      datasets.bind(project.name);
      while (true) {
        CN_ASSIGN(const bool row, datasets.step());
        if (!row) break;
        project.datasets.push_back(datasets.text(0));
      }
      CN_ASSIGN(Statement members,
                connection.prepare("SELECT person, role FROM member WHERE project = ? "
                                   "ORDER BY person"));
      members.bind(project.name);
      while (true) {
        CN_ASSIGN(const bool row, members.step());
        if (!row) break;
        project.members.emplace_back(members.text(0), *person_role_from_word(members.text(1)));
      }
      projects.push_back(std::move(project));
    }
  });
}

Result<std::vector<std::string>> People::projects_of(const std::string& dataset) {
  return database_.read([&](Connection& connection) -> Result<std::vector<std::string>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT project FROM project_dataset WHERE dataset = ? "
                                 "ORDER BY project"));
    statement.bind(dataset);
    std::vector<std::string> projects;
    while (true) {
      CN_ASSIGN(const bool more, statement.step());
      if (!more) break;
      projects.push_back(statement.text(0));
    }
    if (projects.empty()) projects.emplace_back(kDefaultProject);
    return projects;
  });
}

}  // namespace cryptonet::gatekeeper::state
