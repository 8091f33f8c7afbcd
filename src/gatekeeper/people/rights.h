// SPDX-License-Identifier: Apache-2.0
// What a person may: an office counts in the whole deployment, a role in its projects. A dataset
// that was put into no project belongs to 'default'; one that was put into some is seen from those
// alone. Pure functions over rows; any thread.
#pragma once

#include <span>

#include "gatekeeper/auth/access.h"

namespace cryptonet::gatekeeper::people {

/// Every role that the person has anywhere, each once.
std::vector<state::Role> roles_of(const state::Person& person);
/// kRefused (access.role) unless the person has one of the roles somewhere.
base::Status require_role(const state::Person& person, std::span<const std::string_view> words);

/// Whether the person may see that there is such a dataset and how it is described: members of its
/// projects, custodians and auditors; an access key within its scope alone.
base::Result<bool> may_see(state::People& people, const auth::Caller& caller,
                           const std::string& dataset);
/// kRefused (access.dataset, access.function) unless the caller is a researcher in a project of the
/// dataset and the key's scope covers the dataset and each function ("COUNT", "SUM" …).
base::Status require_may_ask(state::People& people, const auth::Caller& caller,
                             const std::string& dataset, const std::vector<std::string>& functions);
/// kBadInput for an item of a scope that is neither dataset:NAME nor function:NAME of a function
/// there is; kRefused for a dataset that the caller may not ask about.
base::Status check_scope(state::People& people, const auth::Caller& caller,
                         const std::vector<std::string>& scope);

}  // namespace cryptonet::gatekeeper::people
