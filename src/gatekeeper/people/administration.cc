// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/people/administration.h"

#include <algorithm>

#include "gatekeeper/people/rights.h"

namespace cryptonet::gatekeeper::people {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Status not_oneself(const auth::Caller& caller, const std::string& user) {
  if (caller.person.name != user) return base::ok();
  return Error(ErrorCode::kRefused, "access.oneself",
               "nobody changes their own rights or second factor",
               "another custodian must do this");
}

Result<state::Role> role_of(const std::string& word) {
  const auto role = state::person_role_from_word(word);
  if (role.has_value()) return *role;
  return Error(ErrorCode::kBadInput, "role.unknown", "there is no such role",
               "contributor, researcher, steward, custodian or auditor");
}
}  // namespace

api::Enrolled enrolled(const std::string& user, const std::string& role,
                       auth::NewCredential credential) {
  return {user, role, std::move(credential.otpauth), std::move(credential.secret),
          std::move(credential.recovery_codes)};
}

std::vector<api::Grant> grants_of(const state::Person& person) {
  std::vector<api::Grant> grants;
  for (const auto& membership : person.memberships) {
    grants.push_back({membership.project, std::string(state::role_word(membership.role))});
  }
  return grants;
}

std::vector<std::string> role_words_of(const state::Person& person) {
  std::vector<std::string> words;
  for (const state::Role role : roles_of(person)) words.emplace_back(state::role_word(role));
  return words;
}

Result<api::Enrolled> Administration::add(const api::NewPerson& request) {
  CN_ASSIGN(const state::Role role, role_of(request.role));
  CN_ASSIGN(auto credential, gate_.sign_in.make_credential(request.user, request.password));
  CN_RETURN_IF_ERROR(gate_.people.add(request.user, role, credential.stored, gate_.clock->now_s()));
  return enrolled(request.user, request.role, std::move(credential));
}

Result<api::Enrolled> Administration::reset(const auth::Caller& caller, const std::string& user,
                                            std::string_view password) {
  CN_RETURN_IF_ERROR(not_oneself(caller, user));
  CN_ASSIGN(const state::Person person, known(user));
  return renew(person, password);
}

Result<state::Person> Administration::known(const std::string& user) {
  CN_ASSIGN(auto person, gate_.people.find(user));
  if (person.has_value()) return std::move(*person);
  return Error(ErrorCode::kBadInput, "user.not_found", "there is no user '" + user + "'",
               "cryptonet user list shows who is there");
}

Result<api::Enrolled> Administration::renew(const state::Person& person,
                                            std::string_view password) {
  CN_ASSIGN(auto credential, gate_.sign_in.make_credential(person.name, password));
  CN_RETURN_IF_ERROR(gate_.people.reset(person.name, credential.stored, gate_.clock->now_s()));
  CN_RETURN_IF_ERROR(gate_.sign_in.unlock(person.name));
  const auto roles = role_words_of(person);
  return enrolled(person.name, roles.empty() ? "researcher" : roles.front(), std::move(credential));
}

Result<state::Person> Administration::custodian(const std::string& user) {
  CN_ASSIGN(state::Person person, known(user));
  if (person.office == state::Role::kCustodian) return person;
  return Error(ErrorCode::kRefused, "user.no_custodian", "'" + user + "' is no custodian",
               "a custodian does it: cryptonet user reset");
}

Result<api::Enrolled> Administration::reset_custodian(const std::string& user,
                                                      std::string_view password) {
  CN_ASSIGN(const state::Person person, custodian(user));
  return renew(person, password);
}

Result<api::Changed> Administration::disable(const auth::Caller& caller, const std::string& user) {
  CN_RETURN_IF_ERROR(not_oneself(caller, user));
  CN_ASSIGN(const bool changed, gate_.people.disable(user, gate_.clock->now_s()));
  return api::Changed{user, changed};
}

Result<api::PersonList> Administration::list() {
  CN_ASSIGN(const auto people, gate_.people.all());
  api::PersonList list;
  for (const state::Person& person : people) {
    CN_ASSIGN(const bool locked, gate_.sign_in.is_locked(person.name));
    list.users.push_back({person.name, role_words_of(person), grants_of(person), person.disabled,
                          locked, 0, static_cast<std::uint64_t>(person.last_sign_in_at)});
  }
  return list;
}

Result<api::ProjectChanged> Administration::add_project(const std::string& name) {
  CN_RETURN_IF_ERROR(auth::check_name("a project's name", name));
  CN_ASSIGN(const bool changed, gate_.people.add_project(name, gate_.clock->now_s()));
  return api::ProjectChanged{name, changed};
}

Result<api::ProjectChanged> Administration::grant(const auth::Caller& caller,
                                                  const std::string& project,
                                                  const std::string& user,
                                                  const std::string& role_word) {
  CN_RETURN_IF_ERROR(not_oneself(caller, user));
  CN_ASSIGN(const state::Role role, role_of(role_word));
  if (state::is_office(role)) {
    return Error(ErrorCode::kBadInput, "role.office",
                 "custodian and auditor are offices of the whole deployment, not of a project",
                 "cryptonet user add NAME --role " + role_word);
  }
  CN_ASSIGN(const bool changed, gate_.people.grant(project, user, role, gate_.clock->now_s()));
  return api::ProjectChanged{project, changed};
}

Result<api::ProjectChanged> Administration::remove(const auth::Caller& caller,
                                                   const std::string& project,
                                                   const std::string& user) {
  CN_RETURN_IF_ERROR(not_oneself(caller, user));
  CN_ASSIGN(const bool changed, gate_.people.remove(project, user, gate_.clock->now_s()));
  return api::ProjectChanged{project, changed};
}

Result<api::ProjectChanged> Administration::attach(const std::string& project,
                                                   const std::string& dataset) {
  CN_ASSIGN(const bool changed, gate_.people.attach(project, dataset));
  return api::ProjectChanged{project, changed};
}

Result<api::ProjectChanged> Administration::detach(const std::string& project,
                                                   const std::string& dataset) {
  CN_ASSIGN(const bool changed, gate_.people.detach(project, dataset));
  return api::ProjectChanged{project, changed};
}

Result<api::ProjectList> Administration::projects(const auth::Caller& caller) {
  CN_ASSIGN(const auto projects, gate_.people.projects());
  api::ProjectList list;
  for (const state::Project& project : projects) {
    const bool member =
        std::any_of(project.members.begin(), project.members.end(),
                    [&](const auto& entry) { return entry.first == caller.person.name; });
    if (!member && !caller.person.office.has_value()) continue;
    api::ProjectSummary summary{project.name, project.datasets, {}};
    for (const auto& [name, role] : project.members) {
      if (caller.person.office.has_value() || name == caller.person.name) {
        summary.members.push_back({name, std::string(state::role_word(role))});
      }
    }
    list.projects.push_back(std::move(summary));
  }
  return list;
}

}  // namespace cryptonet::gatekeeper::people
