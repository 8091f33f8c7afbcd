// SPDX-License-Identifier: Apache-2.0
// What a counted table must keep before anything of it is encrypted.
#pragma once

#include "contributor/encrypt/census.h"
#include "table/stored_columns.h"

namespace cryptonet::contributor::encrypt {

/// kBadInput without rows; kRefused above row_limit, for units too small (unless the schema allows
/// them, then a warning is added), or units too large for the parameter set.
base::Status check_limits(const Census& census, const table::Schema& schema,
                          const table::StoredLayout& layout,
                          const columns::format::ParameterSet& set,
                          std::vector<std::string>& warnings);

}  // namespace cryptonet::contributor::encrypt
