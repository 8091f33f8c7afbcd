// SPDX-License-Identifier: Apache-2.0
// Numbers are encrypted first, in their order. Every product is relinearised at once; the result is
// switched down to the fewest primes that still hold it, because it travels.
#include "he/expression/plan.h"

#include <string>

namespace cryptonet::he::expression {
namespace {

base::Error refuse(const char* rule, const Node& node, std::string why, std::string mend) {
  return base::Error(base::ErrorCode::kRefused, rule, "expression: " + std::move(why),
                     std::move(mend))
      .at("", 1, static_cast<std::int64_t>(node.column));
}

std::string limit_text(const bgv::Chain& chain) {
  return std::to_string(chain.plaintext_modulus().value() / 2);
}

bool fits(const bgv::Integer& value, const bgv::Chain& chain) {
  return 2 * abs(value) < chain.plaintext_modulus().value();
}

/// Steps of one expression, with the place of each node's value.
class Planner {
 public:
  explicit Planner(const bgv::Chain& chain) : chain_(chain), bounds_(chain.parameters()) {}

  base::Status plan(const Expression& expression) {
    places_.resize(expression.nodes.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Node& node = expression.nodes[i];
      if (node.kind != Kind::kNumber) continue;
      if (!fits(node.value, chain_)) {
        return refuse("eval.range", node, "a number is above " + limit_text(chain_),
                      "take smaller numbers");
      }
      places_[i] = push({Operation::kEncrypt, 0, 0, static_cast<std::int64_t>(node.value),
                         bounds_.fresh_symmetric(), chain_.data_primes()});
    }
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Node& node = expression.nodes[i];
      if (node.kind == Kind::kNumber) continue;
      if (node.factors > kFactorsMax) {
        return refuse("eval.factors", node,
                      std::to_string(node.factors) + " numbers are multiplied with each other",
                      "at most three are: the noise of ciphertexts grows with each");
      }
      places_[i] = operate(node);
    }
    if (!bounds_.admits(steps_.back().bound, steps_.back().primes)) {
      return refuse("eval.noise", expression.root(), "the noise might pass the modulus",
                    "take a shorter expression");
    }
    switch_down();
    return base::ok();
  }

  std::vector<Step> take() && { return std::move(steps_); }

 private:
  std::size_t push(Step step) {
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }

  std::size_t operate(const Node& node) {
    const std::size_t left = places_[node.left];
    const std::size_t right = places_[node.right];
    const std::size_t primes = chain_.data_primes();
    const bgv::Integer a = steps_[left].bound;
    const bgv::Integer b = steps_[right].bound;
    switch (node.kind) {
      case Kind::kAdd:
        return push({Operation::kAdd, left, right, 0, bounds_.sum(a, b, {}), primes});
      case Kind::kSubtract:
        return push({Operation::kSubtract, left, right, 0, bounds_.sum(a, b, {}), primes});
      case Kind::kNegate:
        return push({Operation::kNegate, left, left, 0, a, primes});
      default:
        break;
    }
    const bgv::Integer product = bounds_.product(a, b);
    const std::size_t wide = push({Operation::kMultiply, left, right, 0, product, primes});
    return push(
        {Operation::kRelinearise, wide, wide, 0, bounds_.key_switched(product, primes), primes});
  }

  void switch_down() {
    while (steps_.back().primes > chain_.last_primes()) {
      const Step& last = steps_.back();
      const bgv::Integer bound = bounds_.switched(last.bound, last.primes, 2);
      if (!bounds_.admits(bound, last.primes - 1)) return;
      const std::size_t place = steps_.size() - 1;
      push({Operation::kSwitchModulus, place, place, 0, bound, last.primes - 1});
    }
  }

  const bgv::Chain& chain_;
  bgv::NoiseBounds bounds_;
  std::vector<std::size_t> places_;
  std::vector<Step> steps_;
};

}  // namespace

const bgv::BgvParameters& parameters() {
  static const bgv::BgvParameters set =
      *bgv::BgvParameters::create({16384,
                                   {562949952700417, 562949952274433, 562949951979521,
                                    562949951881217, 562949951619073, 562949950636033},
                                   562949952798721});
  return set;
}

const char* name_of(Operation operation) {
  switch (operation) {
    case Operation::kEncrypt:
      return "encrypt";
    case Operation::kNegate:
      return "negate";
    case Operation::kAdd:
      return "add";
    case Operation::kSubtract:
      return "subtract";
    case Operation::kMultiply:
      return "multiply";
    case Operation::kRelinearise:
      return "relinearise";
    default:
      return "switch_modulus";
  }
}

base::Result<Plan> Plan::create(const Expression& expression, const bgv::Chain& chain) {
  Planner planner(chain);
  CN_RETURN_IF_ERROR(planner.plan(expression));
  if (!fits(expression.root().value, chain)) {
    return refuse("eval.range", expression.root(), "the result is above " + limit_text(chain),
                  "take smaller numbers; values in between may be larger");
  }
  Plan plan;
  plan.steps_ = std::move(planner).take();
  plan.expected_ = static_cast<std::int64_t>(expression.root().value);
  return plan;
}

}  // namespace cryptonet::he::expression
