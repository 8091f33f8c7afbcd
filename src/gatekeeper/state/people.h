// SPDX-License-Identifier: Apache-2.0
// Who signs in, and in which projects: rows. Every change that takes a right away ends, in the same
// transaction, the access keys that rest on it. Safe from several threads.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

enum class Role : std::uint8_t { kContributor, kResearcher, kSteward, kCustodian, kAuditor };
std::string_view role_word(Role role);
std::optional<Role> person_role_from_word(std::string_view word);
/// Custodians and auditors hold an office in the whole deployment; the others a role in a project.
bool is_office(Role role);

/// The project of people and datasets that no other was chosen for.
inline constexpr std::string_view kDefaultProject = "default";

struct Membership {
  std::string project;
  Role role = Role::kResearcher;
};

struct Person {
  std::string name;
  std::optional<Role> office;
  std::vector<Membership> memberships;  ///< by project
  bool disabled = false;
  std::int64_t last_sign_in_at = 0;  ///< seconds since 1970; 0: never
};

/// What proves a person, as it lies on disk.
struct Credential {
  std::string password_hash;  ///< of auth/password.h
  base::Bytes sealed_totp;
  std::int64_t last_totp_step = 0;
  std::vector<base::Digest> recovery_hashes;
};

struct Project {
  std::string name;
  std::vector<std::string> datasets;
  std::vector<std::pair<std::string, Role>> members;
};

class People {
 public:
  explicit People(Database& database) : database_(database) {}

  base::Result<bool> empty();
  /// kBadInput when the name is taken. With `first`, kRefused unless nobody is there yet.
  base::Status add(const std::string& name, Role role, const Credential& credential,
                   std::int64_t now_s, bool first = false);
  base::Result<std::optional<Person>> find(const std::string& name);
  base::Result<std::vector<Person>> all();
  /// Ends every session and key. False: it was so already. kBadInput for an unknown name; kRefused
  /// for the last custodian.
  base::Result<bool> disable(const std::string& name, std::int64_t now_s);
  /// A new password and second factor, no passkeys; ends every session and key; enables again.
  base::Status reset(const std::string& name, const Credential& credential, std::int64_t now_s);

  /// False: it was there already.
  base::Result<bool> add_project(const std::string& name, std::int64_t now_s);
  /// The person's one role there. A changed role ends the person's access keys. kBadInput for an
  /// unknown project or person.
  base::Result<bool> grant(const std::string& project, const std::string& person, Role role,
                           std::int64_t now_s);
  base::Result<bool> remove(const std::string& project, const std::string& person,
                            std::int64_t now_s);
  /// The dataset need not be there yet, so that it is never open to others first.
  base::Result<bool> attach(const std::string& project, const std::string& dataset);
  base::Result<bool> detach(const std::string& project, const std::string& dataset);
  base::Result<std::vector<Project>> projects();
  /// The projects of a dataset: 'default' when it was put into none.
  base::Result<std::vector<std::string>> projects_of(const std::string& dataset);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state
