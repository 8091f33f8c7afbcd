// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/evaluator.h"

#include <algorithm>
#include <string>

#include "he/bgv/correction_factor.h"

namespace cryptonet::he::bgv {
namespace {

base::Error refuse(const char* rule, const char* operation, const std::string& why,
                   const char* mend) {
  return {base::ErrorCode::kBadInput, rule, std::string(operation) + ": " + why, mend};
}

base::Result<Ciphertext> opaque(const char* operation, Ciphertext result) {
  if (result.is_transparent()) {
    return base::Error(base::ErrorCode::kRefused, "bgv.transparent",
                       std::string(operation) + ": the result would open without a key",
                       "leave out x - x and x * 0; encrypt a zero if one is needed");
  }
  return result;
}

}  // namespace

base::Status Evaluator::check(const char* operation, const Ciphertext& a) const {
  const auto primes = chain_.primes_of(a.level());
  if (!primes || *primes != a.primes() || *primes > chain_.data_primes()) {
    return refuse("bgv.level", operation, "the ciphertext is of no data level of this chain",
                  "make it with the same parameters");
  }
  if (a.polynomials() < kPolynomialsMin) {
    return refuse("bgv.size", operation, "a ciphertext has at least two polynomials",
                  "encrypt the operand");
  }
  return base::ok();
}

base::Status Evaluator::check_pair(const char* operation, const Ciphertext& a,
                                   const Ciphertext& b) const {
  CN_RETURN_IF_ERROR(check(operation, a));
  CN_RETURN_IF_ERROR(check(operation, b));
  if (a.primes() != b.primes()) {
    return refuse("bgv.level", operation,
                  "the operands are of levels with " + std::to_string(a.primes()) + " and " +
                      std::to_string(b.primes()) + " primes",
                  "switch the modulus of the higher one first");
  }
  return base::ok();
}

base::Status Evaluator::check_message(const char* operation, const Message& m) const {
  const std::uint64_t t = chain_.plaintext_modulus().value();
  if (m.coefficients.size() > chain_.ring_degree() ||
      std::any_of(m.coefficients.begin(), m.coefficients.end(),
                  [t](std::uint64_t coefficient) { return coefficient >= t; })) {
    return refuse("bgv.message", operation,
                  "a message has at most " + std::to_string(chain_.ring_degree()) +
                      " coefficients, each below the plaintext modulus",
                  "encode it with the same parameters");
  }
  return base::ok();
}

base::Result<Ciphertext> Evaluator::negate(const Ciphertext& a) const {
  CN_RETURN_IF_ERROR(check("negate", a));
  Ciphertext out = a;
  for (std::size_t k = 0; k < out.polynomials(); ++k) {
    for (std::size_t j = 0; j < out.primes(); ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      for (std::uint64_t& word : out.residue(k, j)) word = q.negate(word);
    }
  }
  return opaque("negate", std::move(out));
}

base::Result<Ciphertext> Evaluator::combine(const Ciphertext& a, const Ciphertext& b,
                                            bool subtract) const {
  const char* operation = subtract ? "subtract" : "add";
  CN_RETURN_IF_ERROR(check_pair(operation, a, b));
  BalancedFactors factors{a.correction_factor(), 1, 1};
  if (a.correction_factor() != b.correction_factor()) {
    factors =
        balance_factors(a.correction_factor(), b.correction_factor(), chain_.plaintext_modulus());
  }
  Ciphertext out(chain_, a.primes(), std::max(a.polynomials(), b.polynomials()));
  out.set_correction_factor(factors.common);
  for (std::size_t k = 0; k < out.polynomials(); ++k) {
    for (std::size_t j = 0; j < out.primes(); ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      const auto sum = out.residue(k, j);
      if (k < a.polynomials()) {
        const auto factor = q.shoup(q.reduce(factors.left));
        const auto words = a.residue(k, j);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = q.multiply(factor, words[i]);
      }
      if (k < b.polynomials()) {
        const std::uint64_t right = q.reduce(factors.right);
        const auto factor = q.shoup(subtract ? q.negate(right) : right);
        const auto words = b.residue(k, j);
        for (std::size_t i = 0; i < sum.size(); ++i) {
          sum[i] = q.add(sum[i], q.multiply(factor, words[i]));
        }
      }
    }
  }
  return opaque(operation, std::move(out));
}

base::Result<Ciphertext> Evaluator::add(const Ciphertext& a, const Ciphertext& b) const {
  return combine(a, b, false);
}

base::Result<Ciphertext> Evaluator::subtract(const Ciphertext& a, const Ciphertext& b) const {
  return combine(a, b, true);
}

base::Result<Ciphertext> Evaluator::multiply(const Ciphertext& a, const Ciphertext& b) const {
  CN_RETURN_IF_ERROR(check_pair("multiply", a, b));
  const std::size_t polynomials = a.polynomials() + b.polynomials() - 1;
  if (polynomials > kPolynomialsMax) {
    return refuse(
        "bgv.size", "multiply",
        "the product would have " + std::to_string(polynomials) + " polynomials; the limit is 16",
        "relinearise the operands first");
  }
  Ciphertext out(chain_, a.primes(), polynomials);
  out.set_correction_factor(
      chain_.plaintext_modulus().multiply(a.correction_factor(), b.correction_factor()));
  std::vector<arith::Uint128> sums(chain_.ring_degree());
  for (std::size_t k = 0; k < polynomials; ++k) {
    const std::size_t first = k < b.polynomials() ? 0 : k + 1 - b.polynomials();
    const std::size_t last = std::min(k, a.polynomials() - 1);
    for (std::size_t j = 0; j < out.primes(); ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      std::fill(sums.begin(), sums.end(), arith::Uint128{0});
      for (std::size_t i = first; i <= last; ++i) {  // at most 15 terms below 2^122 each
        const auto left = a.residue(i, j);
        const auto right = b.residue(k - i, j);
        for (std::size_t w = 0; w < sums.size(); ++w) {
          sums[w] += arith::Uint128{left[w]} * right[w];
        }
      }
      const auto product = out.residue(k, j);
      for (std::size_t w = 0; w < sums.size(); ++w) product[w] = q.reduce(sums[w]);
    }
  }
  return opaque("multiply", std::move(out));
}

base::Result<Ciphertext> Evaluator::add_lifted(const Ciphertext& a, const Message& m,
                                               bool subtract) const {
  const char* operation = subtract ? "subtract_plain" : "add_plain";
  CN_RETURN_IF_ERROR(check(operation, a));
  CN_RETURN_IF_ERROR(check_message(operation, m));
  Message scaled = m;
  for (std::uint64_t& coefficient : scaled.coefficients) {
    coefficient = chain_.plaintext_modulus().multiply(coefficient, a.correction_factor());
  }
  const auto lifted = chain_.lift_message(scaled.coefficients, a.primes());
  Ciphertext out = a;
  for (std::size_t j = 0; j < out.primes(); ++j) {
    const arith::Modulus& q = chain_.ring().modulus(j);
    const auto words = out.residue(0, j);
    const auto added = std::span(lifted).subspan(j * words.size(), words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = subtract ? q.subtract(words[i], added[i]) : q.add(words[i], added[i]);
    }
  }
  return opaque(operation, std::move(out));
}

base::Result<Ciphertext> Evaluator::add_plain(const Ciphertext& a, const Message& m) const {
  return add_lifted(a, m, false);
}

base::Result<Ciphertext> Evaluator::subtract_plain(const Ciphertext& a, const Message& m) const {
  return add_lifted(a, m, true);
}

base::Result<Ciphertext> Evaluator::multiply_plain(const Ciphertext& a, const Message& m) const {
  CN_RETURN_IF_ERROR(check("multiply_plain", a));
  CN_RETURN_IF_ERROR(check_message("multiply_plain", m));
  const auto lifted = chain_.lift_message(m.coefficients, a.primes());
  Ciphertext out = a;
  for (std::size_t k = 0; k < out.polynomials(); ++k) {
    const auto words = out.polynomial(k);
    for (std::size_t j = 0; j < out.primes(); ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      const std::size_t start = j * chain_.ring_degree();
      for (std::size_t i = start; i < start + chain_.ring_degree(); ++i) {
        words[i] = q.multiply(words[i], lifted[i]);
      }
    }
  }
  return opaque("multiply_plain", std::move(out));
}

base::Result<Ciphertext> Evaluator::switch_modulus(const Ciphertext& a) const {
  CN_RETURN_IF_ERROR(check("switch_modulus", a));
  if (a.primes() == chain_.last_primes()) {
    return refuse("bgv.level", "switch_modulus", "the ciphertext is at the last level",
                  "take parameters with more primes");
  }
  const std::size_t kept = a.primes() - 1;
  Ciphertext out(chain_, kept, a.polynomials());
  std::vector<std::uint64_t> last(chain_.ring_degree());
  for (std::size_t k = 0; k < a.polynomials(); ++k) {
    const auto from = a.polynomial(k).first(kept * chain_.ring_degree());
    std::copy(from.begin(), from.end(), out.polynomial(k).begin());
    const auto dropped = a.residue(k, kept);
    std::copy(dropped.begin(), dropped.end(), last.begin());
    chain_.divide(out.polynomial(k), kept, last, kept);
  }
  out.set_correction_factor(
      chain_.plaintext_modulus().multiply(a.correction_factor(), chain_.inverse_mod_t(kept)));
  return opaque("switch_modulus", std::move(out));
}

}  // namespace cryptonet::he::bgv
