// SPDX-License-Identifier: Apache-2.0
// An expression as homomorphic operations on one chain, with the phase bound of every value. A plan
// that exists decrypts rightly: its last bound is below q/2 and its result below t/2 (values in
// between may wrap modulo t). Knows no key.
#pragma once

#include "he/bgv/evaluator.h"
#include "he/bgv/noise_bounds.h"
#include "he/expression/expression.h"

namespace cryptonet::he::expression {

/// Numbers that may be multiplied with each other.
inline constexpr unsigned kFactorsMax = 3;

/// N = 16384, five data primes and a special one of 49 bits, 49-bit t: 192-bit class.
const bgv::BgvParameters& parameters();

enum class Operation {
  kEncrypt,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kRelinearise,
  kSwitchModulus
};
/// "add", "switch_modulus", …
const char* name_of(Operation operation);

/// Makes value number [its own place among the steps].
struct Step {
  Operation operation = Operation::kEncrypt;
  std::size_t left = 0;     ///< an earlier step
  std::size_t right = 0;    ///< another, for add, subtract and multiply
  std::int64_t number = 0;  ///< for kEncrypt
  bgv::Integer bound;       ///< of its phase
  std::size_t primes = 0;
};

class Plan {
 public:
  /// kRefused: a number or the result not below t/2 ("eval.range"), more than three factors
  /// ("eval.factors"), a bound not below q/2 ("eval.noise").
  static base::Result<Plan> create(const Expression& expression, const bgv::Chain& chain);

  const std::vector<Step>& steps() const { return steps_; }
  /// What the result must be.
  std::int64_t expected() const { return expected_; }

 private:
  std::vector<Step> steps_;
  std::int64_t expected_ = 0;
};

}  // namespace cryptonet::he::expression
