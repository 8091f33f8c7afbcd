// SPDX-License-Identifier: Apache-2.0
// What the evaluator refuses, and parts of it against their definitions. That its results are
// Microsoft SEAL's is tests/seal_compat's business, that they decrypt he/secret's.
#include "he/bgv/evaluator.h"

#include <gtest/gtest.h>

#include <random>

#include "he/bgv/accountant.h"
#include "he/bgv/correction_factor.h"

namespace cryptonet::he::bgv {
namespace {

// N = 16: primes = 1 mod 32.
const Chain& toy_chain() {
  static const Chain chain =
      *Chain::create(*BgvParameters::insecure_create({16, {12289, 13313, 15361}, 97}));
  return chain;
}

Ciphertext random_ciphertext(std::size_t primes, std::size_t polynomials, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  Ciphertext made(toy_chain(), primes, polynomials);
  for (std::size_t k = 0; k < polynomials; ++k) {
    for (std::size_t j = 0; j < primes; ++j) {
      for (auto& word : made.residue(k, j)) word = engine() % toy_chain().ring().modulus(j).value();
    }
  }
  return made;
}

std::string rule_of(const base::Result<Ciphertext>& result) {
  return result.ok() ? std::string("accepted") : result.error().rule;
}

TEST(Evaluator, RefusesOperandsOfUnequalOrForeignLevels) {
  const Evaluator evaluator(toy_chain());
  const auto high = random_ciphertext(2, 2, 1);
  const auto low = random_ciphertext(1, 2, 2);
  const auto key_level = random_ciphertext(3, 2, 3);
  const Chain other =
      *Chain::create(*BgvParameters::insecure_create({16, {12289, 13313, 15361}, 193}));
  const Ciphertext foreign(other, 2, 2);
  for (const Ciphertext* stranger : {&low, &key_level, &foreign}) {
    EXPECT_EQ(rule_of(evaluator.add(high, *stranger)), "bgv.level");
    EXPECT_EQ(rule_of(evaluator.subtract(*stranger, high)), "bgv.level");
    EXPECT_EQ(rule_of(evaluator.multiply(high, *stranger)), "bgv.level");
  }
  EXPECT_EQ(rule_of(evaluator.negate(key_level)), "bgv.level");
  EXPECT_EQ(rule_of(evaluator.switch_modulus(low)), "bgv.level");
  EXPECT_EQ(rule_of(evaluator.add(high, high)), "accepted");
}

TEST(Evaluator, RefusesWhatHasNoPlace) {
  const Evaluator evaluator(toy_chain());
  const auto a = random_ciphertext(2, 9, 4);
  EXPECT_EQ(rule_of(evaluator.multiply(a, a)), "bgv.size");
  EXPECT_EQ(rule_of(evaluator.multiply(a, random_ciphertext(2, 8, 5))), "accepted");
  EXPECT_EQ(rule_of(evaluator.relinearise(a, {})), "bgv.keys");
  const auto two = random_ciphertext(2, 2, 6);
  EXPECT_EQ(rule_of(evaluator.apply_galois(two, 3, {})), "bgv.keys");
  EXPECT_EQ(rule_of(evaluator.apply_galois(two, 4, {})), "bgv.keys");
  EXPECT_EQ(rule_of(evaluator.apply_galois(a, 3, {})), "bgv.size");
  EXPECT_EQ(rule_of(evaluator.add_plain(two, {{97}})), "bgv.message");
  EXPECT_EQ(rule_of(evaluator.multiply_plain(two, {std::vector<std::uint64_t>(17)})),
            "bgv.message");
}

TEST(Evaluator, RefusesWhatWouldOpenWithoutAKey) {
  const Evaluator evaluator(toy_chain());
  const auto a = random_ciphertext(2, 2, 7);
  EXPECT_EQ(rule_of(evaluator.subtract(a, a)), "bgv.transparent");
  EXPECT_EQ(rule_of(evaluator.multiply_plain(a, {{0}})), "bgv.transparent");
  EXPECT_EQ(rule_of(evaluator.subtract(a, random_ciphertext(2, 2, 8))), "accepted");
}

TEST(Chain, NamesItsLevelsAndEndsWhereTheMessageNoLongerFits) {
  EXPECT_EQ(toy_chain().key_primes(), 3U);
  EXPECT_EQ(toy_chain().data_primes(), 2U);
  EXPECT_EQ(toy_chain().last_primes(), 1U);
  EXPECT_EQ(toy_chain().primes_of(toy_chain().id(2)), 2U);
  EXPECT_FALSE(toy_chain().primes_of(LevelId{}).has_value());
  const Chain large_t =
      *Chain::create(*BgvParameters::insecure_create({16, {12289, 13313, 15361}, 40961}));
  EXPECT_EQ(large_t.last_primes(), 2U);
  EXPECT_FALSE(large_t.primes_of(large_t.id(1)).has_value());
  EXPECT_FALSE(Chain::create(*BgvParameters::insecure_create({16, {193, 257}, 12289})).ok());
}

TEST(Chain, DividesToTheNearestMultipleThatKeepsTheMessage) {
  const Chain& chain = toy_chain();
  const std::uint64_t q0 = 12289;
  const std::uint64_t q1 = 13313;
  const std::uint64_t p = 15361;
  const Integer all = Integer(q0) * q1 * p;
  std::mt19937_64 engine(9);
  std::vector<Integer> numbers;
  std::vector<std::uint64_t> words(32);
  std::vector<std::uint64_t> last(16);
  for (std::size_t i = 0; i < 16; ++i) {
    const Integer x = (Integer(engine()) * engine()) % all;
    numbers.push_back(x);
    words[i] = static_cast<std::uint64_t>(Integer(x % q0));
    words[16 + i] = static_cast<std::uint64_t>(Integer(x % q1));
    last[i] = static_cast<std::uint64_t>(Integer(x % p));
  }
  chain.ring().table(0).forward(std::span(words).first(16));
  chain.ring().table(1).forward(std::span(words).last(16));
  chain.ring().table(2).forward(last);
  chain.divide(words, 2, last, 2);
  chain.ring().table(0).inverse(std::span(words).first(16));
  chain.ring().table(1).inverse(std::span(words).last(16));
  for (std::size_t i = 0; i < 16; ++i) {
    // d = x mod p + k*p, a multiple of t with k < t; out = (x - d) / p
    Integer d = numbers[i] % p;
    while (d % 97 != 0) d += p;
    const Integer out =
        ((numbers[i] - d) / p % (Integer(q0) * q1) + Integer(q0) * q1) % (Integer(q0) * q1);
    EXPECT_EQ(words[i], static_cast<std::uint64_t>(Integer(out % q0)));
    EXPECT_EQ(words[16 + i], static_cast<std::uint64_t>(Integer(out % q1)));
  }
}

TEST(BalanceFactors, BringsBothToOneFactorByTheSmallestSteps) {
  const arith::Modulus t(97);
  for (std::uint64_t left = 1; left < 97; ++left) {
    for (std::uint64_t right = 1; right < 97; ++right) {
      const BalancedFactors factors = balance_factors(left, right, t);
      EXPECT_EQ(t.multiply(left, factors.left), factors.common);
      EXPECT_EQ(t.multiply(right, factors.right), factors.common);
      EXPECT_NE(factors.common, 0U);
      const auto magnitude = [](std::uint64_t x) { return x > 48 ? 97 - x : x; };
      EXPECT_LE(magnitude(factors.left) + magnitude(factors.right), 2 * 10U);  // about 2*sqrt(t)
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::bgv
