// SPDX-License-Identifier: Apache-2.0
// With n rows and S = sums of scaled integers:
//   AVG = Sx / (n 10^sx)
//   VAR_POP = (n Sxx - Sx^2) / (n^2 10^2sx), VAR_SAMP the same over n (n-1); STDDEV their roots
//   COVAR_POP = (n Sxy - Sx Sy) / (n^2 10^(sx+sy)), COVAR_SAMP the same over n (n-1)
//   CORR = (n Sxy - Sx Sy) / sqrt((n Sxx - Sx^2) (n Syy - Sy^2)), NULL when one of them is constant
// The numerators are integers, so nothing cancels.
#include "gatekeeper/release/aggregates.h"

namespace cryptonet::gatekeeper::release {
namespace {

using plan::Function;
using Kind = AggregateValue::Kind;

AggregateValue exact(Integer value) { return {Kind::kExact, std::move(value), 0}; }
AggregateValue real(double value) { return {Kind::kReal, 0, value}; }

bool is_sample(Function function) {
  return function == Function::kVarSamp || function == Function::kStddevSamp ||
         function == Function::kCovarSamp;
}

/// CORR^2 as a ratio, with the sign of the covariance.
AggregateValue correlation(const Sums& sums) {
  const Integer covariance = sums.rows * sums.xy - sums.x * sums.y;
  const Integer spread =
      (sums.rows * sums.xx - sums.x * sums.x) * (sums.rows * sums.yy - sums.y * sums.y);
  if (spread <= 0) return {};
  const double size = nearest_root(covariance * covariance, spread);
  return real(covariance < 0 ? -size : size);
}

}  // namespace

AggregateValue evaluate(const plan::AggregateForm& form, const Sums& sums) {
  const Function function = form.aggregate.function;
  if (function == Function::kCount) return exact(sums.rows);
  if (sums.rows <= 0 || (is_sample(function) && sums.rows < 2)) return {};
  const Integer pairs = sums.rows * (is_sample(function) ? Integer(sums.rows - 1) : sums.rows);
  switch (function) {
    case Function::kSum:
      return exact(sums.x);
    case Function::kAvg:
      return real(nearest_ratio(sums.x, sums.rows * power_of_ten(form.scale_x)));
    case Function::kVarSamp:
    case Function::kVarPop:
      return real(nearest_ratio(sums.rows * sums.xx - sums.x * sums.x,
                                pairs * power_of_ten(2 * form.scale_x)));
    case Function::kStddevSamp:
    case Function::kStddevPop: {
      const Integer spread = sums.rows * sums.xx - sums.x * sums.x;
      if (spread < 0) return {};
      return real(nearest_root(spread, pairs * power_of_ten(2 * form.scale_x)));
    }
    case Function::kCovarSamp:
    case Function::kCovarPop:
      return real(nearest_ratio(sums.rows * sums.xy - sums.x * sums.y,
                                pairs * power_of_ten(form.scale_x + form.scale_y)));
    default:
      return correlation(sums);
  }
}

}  // namespace cryptonet::gatekeeper::release
