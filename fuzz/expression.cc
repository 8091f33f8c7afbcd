// SPDX-License-Identifier: Apache-2.0
// Expressions of `cryptonet eval` from hostile text: no crash, errors with a place inside the text,
// and a plan that is admitted keeps its bounds.
#include <cstdint>
#include <cstdlib>

#include "he/expression/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cryptonet;
  namespace expression = he::expression;
  static const auto chain = he::bgv::Chain::create(expression::parameters()).value();
  static const he::bgv::NoiseBounds bounds(chain.parameters());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = expression::parse(text);
  if (!parsed.ok()) {
    if (parsed.error().code != base::ErrorCode::kUsage) std::abort();
    if (parsed.error().column > static_cast<std::int64_t>(size) + 1) std::abort();
    return 0;
  }
  if (parsed->nodes.size() > 4 * expression::kNumbersMax) std::abort();
  const auto plan = expression::Plan::create(*parsed, chain);
  if (!plan.ok()) {
    if (plan.error().code != base::ErrorCode::kRefused) std::abort();
    return 0;
  }
  for (const auto& step : plan->steps()) {
    if (!bounds.admits(step.bound, step.primes)) std::abort();
    if (*expression::name_of(step.operation) == '\0') std::abort();
  }
  return 0;
}
