// SPDX-License-Identifier: Apache-2.0
// What the files of pass "parse" share.
#pragma once

#include "gatekeeper/plan/syntax_tree.h"

namespace cryptonet::gatekeeper::plan {

/// The names that are in scope: the one table, by its name or its alias.
struct Scope {
  std::string table;
};

/// The conditions of a WHERE clause: ANDs of comparisons of one column with constants.
base::Result<std::vector<Condition>> read_conditions(const SyntaxTree& tree, const Scope& scope,
                                                     const Json& where);

}  // namespace cryptonet::gatekeeper::plan
