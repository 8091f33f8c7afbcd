// SPDX-License-Identifier: Apache-2.0
#include "he/expression/run.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/stop.h"
#include "he/seal/objects.h"
#include "he/secret/decryptor.h"
#include "he/secret/key_generator.h"

namespace cryptonet::he::expression {
namespace {

constexpr std::size_t kFingerprintBytes = 8;

Trace trace_of(const bgv::Ciphertext& ciphertext) {
  const base::Bytes bytes = seal::write_ciphertext(ciphertext, seal::Compression::kNone);
  const base::Digest digest = base::sha256(bytes);
  return {base::to_hex(base::ByteView(digest).first(kFingerprintBytes)), bytes.size()};
}

/// What evaluates knows no secret: the chain and the relinearisation key alone.
base::Result<bgv::Ciphertext> evaluate(const Step& step, const bgv::Evaluator& evaluator,
                                       const bgv::RelinearisationKeys& keys,
                                       const std::vector<bgv::Ciphertext>& values) {
  const bgv::Ciphertext& left = values[step.left];
  const bgv::Ciphertext& right = values[step.right];
  switch (step.operation) {
    case Operation::kNegate:
      return evaluator.negate(left);
    case Operation::kAdd:
      return evaluator.add(left, right);
    case Operation::kSubtract:
      return evaluator.subtract(left, right);
    case Operation::kMultiply:
      return evaluator.multiply(left, right);
    case Operation::kRelinearise:
      return evaluator.relinearise(left, keys);
    default:
      return evaluator.switch_modulus(left);
  }
}

}  // namespace

base::Result<Outcome> run(const Plan& plan, const bgv::Chain& chain, base::Randomness& randomness) {
  const auto secret = secret::generate_secret(chain, randomness);
  const bgv::Evaluator evaluator(chain);
  const bool multiplies =
      std::any_of(plan.steps().begin(), plan.steps().end(),
                  [](const Step& step) { return step.operation == Operation::kRelinearise; });
  bgv::RelinearisationKeys keys;
  Outcome outcome;
  if (multiplies) {
    CN_ASSIGN(keys, secret::generate_relinearisation_keys(chain, secret, 2, randomness));
    outcome.evaluation_key_bytes =
        seal::write_switching_keys(chain, keys, seal::Compression::kNone).size();
  }
  const arith::Modulus& t = chain.plaintext_modulus();
  std::vector<bgv::Ciphertext> values;
  for (const Step& step : plan.steps()) {
    CN_RETURN_IF_ERROR(base::check_stop());
    if (step.operation == Operation::kEncrypt) {
      // a constant polynomial: the number in every slot
      const bgv::Message message{{t.reduce_signed(step.number)}};
      CN_ASSIGN(auto fresh, secret::encrypt_symmetric(chain, secret, message, randomness));
      values.push_back(std::move(fresh));
    } else {
      CN_ASSIGN(auto value, evaluate(step, evaluator, keys, values));
      values.push_back(std::move(value));
    }
    outcome.steps.push_back(trace_of(values.back()));
  }
  CN_ASSIGN(const auto opened, secret::Decryptor(chain, secret).decrypt(values.back()));
  outcome.value = t.centre(opened.coefficients.front());
  const auto rest = std::span(opened.coefficients).subspan(1);
  const bool constant = std::all_of(rest.begin(), rest.end(), [](auto word) { return word == 0; });
  if (outcome.value != plan.expected() || !constant) {
    return base::Error(base::ErrorCode::kInternal, "eval.result",
                       "the opened result is not the expression's value",
                       "please report how this came about");
  }
  return outcome;
}

}  // namespace cryptonet::he::expression
