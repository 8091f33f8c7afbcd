// SPDX-License-Identifier: Apache-2.0
// What the files of pass "bind" share.
#pragma once

#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {

/// kBadInput at a place of the question.
base::Error refuse_at(const Draft& draft, std::size_t offset, std::string rule, std::string message,
                      std::string hint = {});
/// Equality of names; not `exactly` ignores the case of ASCII letters.
bool matches_name(std::string_view written, std::string_view name, bool exactly);
/// The schema column of this name: as written, else the only one with the same letters.
std::optional<std::uint32_t> find_column(const Draft& draft, std::string_view name);
/// The same; an error for an unknown name and for a column that is not stored.
base::Result<std::uint32_t> need_column(const Draft& draft, const Name& name);

/// Narrows draft.bound.allowed by every condition.
base::Status bind_conditions(Draft& draft);

}  // namespace cryptonet::gatekeeper::plan
