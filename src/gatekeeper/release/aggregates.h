// SPDX-License-Identifier: Apache-2.0
// One aggregate of one group from its exact sums, as SQL defines it: NULL where SQL gives NULL.
#pragma once

#include "gatekeeper/plan/plan_content.h"
#include "gatekeeper/release/arithmetic.h"

namespace cryptonet::gatekeeper::release {

/// Sums over the contributing rows; values are scaled integers (x * 10^scale_x).
struct Sums {
  Integer rows;
  Integer x;
  Integer y;
  Integer xx;
  Integer yy;
  Integer xy;
};

/// What an aggregate is: nothing (NULL), an integer with `scale` decimals, or a double.
struct AggregateValue {
  enum class Kind : std::uint8_t { kNull, kExact, kReal } kind = Kind::kNull;
  Integer exact;
  double real = 0;
};

AggregateValue evaluate(const plan::AggregateForm& form, const Sums& sums);

}  // namespace cryptonet::gatekeeper::release
