// SPDX-License-Identifier: Apache-2.0
// Evaluator's operations that need a key. The digits of a polynomial are its residues modulo each
// data prime, taken as integers in [0, q_j); sum_j digit_j * key_j is P * s' times the polynomial
// plus small errors, modulo all primes and P, and dividing by P leaves it under s.
#include <algorithm>
#include <bit>
#include <string>

#include "he/bgv/evaluator.h"

namespace cryptonet::he::bgv {
namespace {

base::Error refuse_keys(const char* operation, const std::string& why, const char* mend) {
  return {base::ErrorCode::kBadInput, "bgv.keys", std::string(operation) + ": " + why, mend};
}

/// output[k] of the transform of c(X^element) is output[places[k]] of c.
std::vector<std::uint32_t> galois_places(std::size_t ring_degree, std::uint64_t element) {
  const auto bits = static_cast<unsigned>(std::countr_zero(ring_degree));
  std::vector<std::uint32_t> places(ring_degree);
  for (std::size_t i = 0; i < ring_degree; ++i) {
    const std::uint64_t exponent = 2 * ntt::reverse_bits(i, bits) + 1;
    const std::uint64_t image = (element * exponent) % (2 * ring_degree);
    places[i] = static_cast<std::uint32_t>(ntt::reverse_bits(image >> 1, bits));
  }
  return places;
}

}  // namespace

std::uint64_t galois_element(std::size_t ring_degree, int steps) {
  const std::uint64_t order = 2 * ring_degree;
  if (steps == 0) return order - 1;
  const auto half = static_cast<std::int64_t>(ring_degree / 2);
  std::uint64_t element = 1;
  for (std::int64_t i = 0; i < (steps % half + half) % half; ++i) element = element * 3 % order;
  return element;
}

base::Status Evaluator::check_key(const char* operation, const KeySwitchingKeys& keys,
                                  std::size_t index) const {
  if (index >= keys.keys.size() || keys.keys[index].empty()) {
    return refuse_keys(operation, "the key that it needs is not among those given",
                       "have the key's owner make it");
  }
  const auto& digits = keys.keys[index];
  const bool fits =
      chain_.has_special_prime() && digits.size() == chain_.data_primes() &&
      std::all_of(digits.begin(), digits.end(), [&](const Ciphertext& digit) {
        return digit.level() == chain_.id(chain_.key_primes()) && digit.polynomials() == 2;
      });
  if (!fits) {
    return refuse_keys(operation, "the key is of another chain",
                       "make it with the same parameters, which need a special prime");
  }
  return base::ok();
}

void Evaluator::switch_key(Ciphertext& out, std::span<const std::uint64_t> target,
                           const std::vector<Ciphertext>& key) const {
  const std::size_t degree = chain_.ring_degree();
  const std::size_t primes = out.primes();
  const std::size_t special = chain_.key_primes() - 1;
  std::vector<std::uint64_t> digits(target.begin(), target.end());
  for (std::size_t j = 0; j < primes; ++j) {
    chain_.ring().table(j).inverse(std::span(digits).subspan(j * degree, degree));
  }
  std::vector<std::uint64_t> sums(2 * primes * degree);
  std::vector<std::uint64_t> specials(2 * degree);
  std::vector<std::uint64_t> digit(degree);
  std::vector<arith::Uint128> wide(2 * degree);
  for (std::size_t m = 0; m <= primes; ++m) {
    const std::size_t modulus = m == primes ? special : m;
    const arith::Modulus& q = chain_.ring().modulus(modulus);
    std::fill(wide.begin(), wide.end(), arith::Uint128{0});
    for (std::size_t j = 0; j < primes; ++j) {  // at most 17 terms below 2^122 each
      if (j == modulus) {
        std::copy_n(target.begin() + static_cast<std::ptrdiff_t>(j * degree), degree,
                    digit.begin());
      } else {
        const auto from = std::span(digits).subspan(j * degree, degree);
        for (std::size_t i = 0; i < degree; ++i) digit[i] = q.reduce(from[i]);
        chain_.ring().table(modulus).forward(digit);
      }
      for (std::size_t k = 0; k < 2; ++k) {
        const auto words = key[j].residue(k, modulus);
        for (std::size_t i = 0; i < degree; ++i) {
          wide[k * degree + i] += arith::Uint128{digit[i]} * words[i];
        }
      }
    }
    for (std::size_t k = 0; k < 2; ++k) {
      const auto into = m == primes ? std::span(specials).subspan(k * degree, degree)
                                    : std::span(sums).subspan((k * primes + m) * degree, degree);
      for (std::size_t i = 0; i < degree; ++i) into[i] = q.reduce(wide[k * degree + i]);
    }
  }
  for (std::size_t k = 0; k < 2; ++k) {
    const auto sum = std::span(sums).subspan(k * primes * degree, primes * degree);
    chain_.divide(sum, primes, std::span(specials).subspan(k * degree, degree), special);
    for (std::size_t j = 0; j < primes; ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      const auto words = out.residue(k, j);
      for (std::size_t i = 0; i < degree; ++i) words[i] = q.add(words[i], sum[j * degree + i]);
    }
  }
}

base::Result<Ciphertext> Evaluator::relinearise(const Ciphertext& a,
                                                const RelinearisationKeys& keys) const {
  CN_RETURN_IF_ERROR(check("relinearise", a));
  for (std::size_t power = 2; power < a.polynomials(); ++power) {
    CN_RETURN_IF_ERROR(check_key("relinearise", keys, power - 2));
  }
  Ciphertext out(chain_, a.primes(), kPolynomialsMin);
  out.set_correction_factor(a.correction_factor());
  std::copy_n(a.words().begin(), out.words().size(), out.words().begin());
  for (std::size_t power = a.polynomials(); power-- > 2;) {
    switch_key(out, a.polynomial(power), keys.keys[power - 2]);
  }
  if (out.is_transparent()) {
    return base::Error(base::ErrorCode::kRefused, "bgv.transparent",
                       "relinearise: the result would open without a key");
  }
  return out;
}

base::Result<Ciphertext> Evaluator::apply_galois(const Ciphertext& a, std::uint64_t element,
                                                 const GaloisKeys& keys) const {
  CN_RETURN_IF_ERROR(check("apply_galois", a));
  if (element % 2 == 0 || element >= 2 * chain_.ring_degree()) {
    return refuse_keys("apply_galois", "the element is not odd and below twice the ring degree",
                       "take galois_element()");
  }
  if (a.polynomials() != 2) {
    return base::Error(base::ErrorCode::kBadInput, "bgv.size",
                       "apply_galois: the ciphertext has more than two polynomials",
                       "relinearise it first");
  }
  CN_RETURN_IF_ERROR(check_key("apply_galois", keys, (element - 1) / 2));
  const auto places = galois_places(chain_.ring_degree(), element);
  Ciphertext out(chain_, a.primes(), 2);
  out.set_correction_factor(a.correction_factor());
  std::vector<std::uint64_t> target(a.primes() * chain_.ring_degree());
  for (std::size_t j = 0; j < a.primes(); ++j) {
    const auto first = a.residue(0, j);
    const auto second = a.residue(1, j);
    for (std::size_t i = 0; i < places.size(); ++i) {
      out.residue(0, j)[i] = first[places[i]];
      target[j * places.size() + i] = second[places[i]];
    }
  }
  switch_key(out, target, keys.keys[(element - 1) / 2]);
  return out;
}

}  // namespace cryptonet::he::bgv
