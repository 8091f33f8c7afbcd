// SPDX-License-Identifier: Apache-2.0
// The last arithmetic: from exact integers to what is printed. Every double is the nearest one to
// the exact value, ties to even, so that nothing cancels and nothing is rounded twice.
#pragma once

#include <string>

#include "gatekeeper/plan/plan.h"

namespace cryptonet::gatekeeper::release {

using plan::Integer;

/// The double nearest to numerator / denominator; the denominator is positive.
double nearest_ratio(const Integer& numerator, const Integer& denominator);
/// The double nearest to sqrt(numerator / denominator); numerator >= 0, denominator > 0.
double nearest_root(const Integer& numerator, const Integer& denominator);
/// 10^exponent.
Integer power_of_ten(unsigned exponent);
/// "-12.50" for (-1250, 2): always `scale` digits behind the point.
std::string exact_text(const Integer& scaled, unsigned scale);

}  // namespace cryptonet::gatekeeper::release
