// SPDX-License-Identifier: Apache-2.0
// The schemas that tests of plans and the fuzz target of questions ask about.
#pragma once

namespace cryptonet::gatekeeper::plan {

/// Every role and part of a schema, for questions that are refused.
inline constexpr const char* kClinicSchema = R"(
row_limit = 1000000
crosses = [["month", "weekday"]]
partition = ["ward"]
[columns.cost]
role = "measure"
decimals = 2
min = 0.00
max = 5000.00
powers = 2
[columns.age]
role = "measure"
min = 0
max = 120
nullable = true
[columns.weight_kg]
role = "measure"
min = 0
max = 300
nullable = true
[columns.month]
role = "dimension"
from = "seen"
part = "month"
[columns.weekday]
role = "dimension"
from = "seen"
part = "weekday"
[columns.hour]
role = "dimension"
from = "seen"
part = "hour"
[columns.age_bin]
role = "bins"
from = "age"
edges = [18, 40, 65]
nullable = true
[columns.dist_bin]
role = "bins"
from = "dist"
edges = [0, 500, 1000]
[columns.smoker]
role = "dimension"
categories = ["no", "yes"]
other = true
nullable = true
[columns.ward]
role = "dimension"
categories = ["A", "B"]
[columns.note]
role = "ignore"
)";

/// Few columns, so that a plan can be written out by hand.
inline constexpr const char* kSmallSchema = R"(
row_limit = 1000000
partition = ["site"]
crosses = [["g", "h"]]
[columns.x]
role = "measure"
min = -9
max = 9
powers = 2
nullable = true
[columns.y]
role = "measure"
decimals = 1
min = 0.0
max = 5.0
[columns.g]
role = "dimension"
categories = ["a", "b"]
other = true
[columns.h]
role = "dimension"
categories = [1, 2]
paired = true
[columns.site]
role = "dimension"
categories = ["n", "s", "w"]
)";

}  // namespace cryptonet::gatekeeper::plan
