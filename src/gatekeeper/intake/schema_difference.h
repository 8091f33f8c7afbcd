// SPDX-License-Identifier: Apache-2.0
// Where two schemas differ first, by key and column name ("columns.delay.max"): values are not
// told, because they may be labels of another contributor. A pure function.
#pragma once

#include <optional>
#include <string>

#include "table/schema.h"

namespace cryptonet::gatekeeper::intake {

/// Nothing when they are equal. Names are taken from `offered`.
std::optional<std::string> first_difference(const table::Schema& published,
                                            const table::Schema& offered);

}  // namespace cryptonet::gatekeeper::intake
