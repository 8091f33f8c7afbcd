// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/people/rights.h"

#include <algorithm>
#include <set>

#include "gatekeeper/plan/question.h"

namespace cryptonet::gatekeeper::people {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using state::Role;

constexpr std::string_view kDatasetItem = "dataset:";
constexpr std::string_view kFunctionItem = "function:";

/// Whether the scope says nothing of this kind, or has the item.
bool covers(const std::vector<std::string>& scope, std::string_view kind, const std::string& name) {
  bool limited = false;
  for (const std::string& item : scope) {
    if (!item.starts_with(kind)) continue;
    limited = true;
    if (item.substr(kind.size()) == name) return true;
  }
  return !limited;
}

Result<bool> holds_role_for(state::People& people, const state::Person& person,
                            const std::string& dataset, std::optional<Role> role) {
  CN_ASSIGN(const auto projects, people.projects_of(dataset));
  return std::any_of(person.memberships.begin(), person.memberships.end(),
                     [&](const state::Membership& membership) {
                       return (!role.has_value() || membership.role == *role) &&
                              std::find(projects.begin(), projects.end(), membership.project) !=
                                  projects.end();
                     });
}

Error closed(const std::string& dataset) {
  return {ErrorCode::kRefused, "access.dataset",
          "you may not ask about '" + dataset +
              "': it is in no project where you are a researcher, or outside your key's scope",
          "ask a custodian for the role, or make a key whose scope has it"};
}

bool could_name_a_dataset(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

const std::set<std::string>& function_names() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all;
    for (int i = 0; i <= static_cast<int>(plan::Function::kCorr); ++i) {
      all.insert(plan::function_name(static_cast<plan::Function>(i)));
    }
    return all;
  }();
  return names;
}
}  // namespace

std::vector<Role> roles_of(const state::Person& person) {
  std::set<Role> roles;
  if (person.office.has_value()) roles.insert(*person.office);
  for (const auto& membership : person.memberships) roles.insert(membership.role);
  return {roles.begin(), roles.end()};
}

Status require_role(const state::Person& person, std::span<const std::string_view> words) {
  for (const Role role : roles_of(person)) {
    if (std::find(words.begin(), words.end(), state::role_word(role)) != words.end()) {
      return base::ok();
    }
  }
  std::string wanted;
  for (const std::string_view word : words) {
    wanted += (wanted.empty() ? "" : ", ") + std::string(word);
  }
  return Error(ErrorCode::kRefused, "access.role", "this needs the role " + wanted,
               "ask a custodian; cryptonet whoami shows your roles");
}

Result<bool> may_see(state::People& people, const auth::Caller& caller,
                     const std::string& dataset) {
  if (!covers(caller.key.scope, kDatasetItem, dataset)) return false;
  if (caller.person.office.has_value()) return true;
  return holds_role_for(people, caller.person, dataset, std::nullopt);
}

Status require_may_ask(state::People& people, const auth::Caller& caller,
                       const std::string& dataset, const std::vector<std::string>& functions) {
  CN_ASSIGN(const bool researcher,
            holds_role_for(people, caller.person, dataset, Role::kResearcher));
  if (!researcher || !covers(caller.key.scope, kDatasetItem, dataset)) return closed(dataset);
  for (const std::string& function : functions) {
    if (covers(caller.key.scope, kFunctionItem, function)) continue;
    return Error(ErrorCode::kRefused, "access.function",
                 "your key's scope does not have the function " + function,
                 "make a key with --scope function:" + function);
  }
  return base::ok();
}

Status check_scope(state::People& people, const auth::Caller& caller,
                   const std::vector<std::string>& scope) {
  for (const std::string& item : scope) {
    if (item.starts_with(kDatasetItem) && could_name_a_dataset(item.substr(kDatasetItem.size()))) {
      CN_RETURN_IF_ERROR(require_may_ask(people, caller, item.substr(kDatasetItem.size()), {}));
      continue;
    }
    if (item.starts_with(kFunctionItem) &&
        function_names().contains(item.substr(kFunctionItem.size()))) {
      continue;
    }
    return Error(ErrorCode::kBadInput, "access_key.scope",
                 "a scope is dataset:NAME or function:NAME of a function that can be asked",
                 "--scope dataset:visits --scope function:AVG");
  }
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::people
