// SPDX-License-Identifier: Apache-2.0
// For tests: random schemas, rows and questions of the whole subset, from a seed. A question comes
// as SQL and in structured form, so that it can be evaluated without reading the SQL.
#pragma once

#include <functional>
#include <random>

#include "gatekeeper/plan/tables_for_test.h"

namespace cryptonet::gatekeeper::release {

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t limit);

/// Measures x, y; dimensions g, h, k; bins x_bin over x; crosses, a partition and a weight at
/// times.
table::Schema random_schema(Random& random);
plan::ClearRow random_row(Random& random, const table::Schema& schema);

/// A question in structured form, with its SQL.
struct Condition {
  std::string sql;
  std::uint32_t field = 0;  ///< the dimension or bins column that it narrows
  std::function<bool(const plan::ClearRow&)> holds;
};
struct Aggregate {
  std::string name;
  std::vector<std::uint32_t> fields;
};
struct Question {
  std::vector<std::uint32_t> keys;
  std::vector<Aggregate> aggregates;
  std::vector<Condition> conditions;
  std::string sql;
};

Question random_question(Random& random, const table::Schema& schema);

}  // namespace cryptonet::gatekeeper::release
