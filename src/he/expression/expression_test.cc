// SPDX-License-Identifier: Apache-2.0
// Random expressions against exact integers, what is refused and where, and real runs.
#include "he/expression/expression.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "he/expression/run.h"

namespace cryptonet::he::expression {
namespace {

const bgv::Chain& chain() {
  static const bgv::Chain made = *bgv::Chain::create(parameters());
  return made;
}

std::string value_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed.ok() ? parsed->root().value.str() : parsed.error().rule;
}

/// rule:column
std::string complaint(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed.ok()) return parsed.error().rule + ":" + std::to_string(parsed.error().column);
  const auto plan = Plan::create(*parsed, chain());
  if (plan.ok()) return "accepted";
  return plan.error().rule + ":" + std::to_string(plan.error().column);
}

TEST(Expression, FollowsTheUsualOrder) {
  EXPECT_EQ(value_of("5 + 6"), "11");
  EXPECT_EQ(value_of("2+3x4"), "14");
  EXPECT_EQ(value_of("(2+3)*4"), "20");
  EXPECT_EQ(value_of("10 - 3 - 4"), "3");
  EXPECT_EQ(value_of("-3 x -4"), "12");
  EXPECT_EQ(value_of("--(5)"), "5");
  EXPECT_EQ(value_of("-(-(-(5 + 1)))"), "-6");
  EXPECT_EQ(parse("-(-(-(5 + 1)))")->nodes.size(), 4U);
  EXPECT_EQ(value_of("6 \xC3\x97 7 \xE2\x88\x92 2"), "40");
  EXPECT_EQ(value_of("\t 0007 "), "7");
  EXPECT_EQ(value_of("99999999999999999999999999 - 1"), "99999999999999999999999998");
}

TEST(Expression, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(complaint(""), "eval.syntax:1");
  EXPECT_EQ(complaint("5 +"), "eval.syntax:4");
  EXPECT_EQ(complaint("5 6"), "eval.syntax:3");
  EXPECT_EQ(complaint("(5 + 6"), "eval.syntax:1");
  EXPECT_EQ(complaint("5 + 6)"), "eval.syntax:6");
  EXPECT_EQ(complaint("5 / 6"), "eval.syntax:3");
  EXPECT_EQ(complaint("2.5 + 1"), "eval.syntax:2");
  EXPECT_EQ(complaint("6 \xC3\x97 y"), "eval.syntax:5");
  EXPECT_EQ(complaint(std::string(5000, '1')), "eval.length:0");
  EXPECT_EQ(complaint(std::string(100, '(')), "eval.depth:65");
  std::string many = "1";
  for (int i = 0; i < 64; ++i) many += "+1";
  EXPECT_EQ(complaint(many), "eval.length:129");
}

TEST(Expression, RefusesWhatDoesNotFit) {
  const std::string half = std::to_string(parameters().plaintext_modulus() / 2);
  EXPECT_EQ(complaint(half), "accepted");
  EXPECT_EQ(complaint("-" + half), "accepted");
  EXPECT_EQ(complaint(half + " + 1"), "eval.range:17");
  EXPECT_EQ(complaint("99999999999999999999"), "eval.range:1");
  // values in between may wrap
  EXPECT_EQ(complaint(half + " x 9 - " + half + " x 9 + 5"), "accepted");
  EXPECT_EQ(complaint("2x3x4"), "accepted");
  EXPECT_EQ(complaint("(1+2)x(3+4)x(5-6)"), "accepted");
  EXPECT_EQ(complaint("2x3x4x5"), "eval.factors:6");
  EXPECT_EQ(complaint("(2x3)x(4x5)"), "eval.factors:6");
}

TEST(Plan, EveryLongestExpressionStaysWithinTheModulus) {
  // 21 products of three and one number more: all 64 numbers.
  std::string text = "1";
  for (int i = 0; i < 21; ++i) text += " - 2x2x2";
  const auto plan = Plan::create(*parse(text), chain());
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->expected(), 1 - 21 * 8);
  EXPECT_EQ(parameters().security_bits(), 192U);
}

std::string random_expression(std::mt19937_64& engine, unsigned factors, unsigned depth) {
  const auto number = [&] { return std::to_string(engine() % 2000); };
  switch (depth == 0 ? 0 : engine() % 5) {
    case 0:
      return number();
    case 1:
      return "-(" + random_expression(engine, factors, depth - 1) + ")";
    case 2:
      return random_expression(engine, factors, depth - 1) + " + (" +
             random_expression(engine, factors, depth - 1) + ")";
    case 3:
      return "(" + random_expression(engine, factors, depth - 1) + " - " + number() + ")";
    default:
      return factors < 2
                 ? number()
                 : number() + " x (" + random_expression(engine, factors - 1, depth - 1) + ")";
  }
}

TEST(Run, OpensToTheExactInteger) {
  base::OsRandomness randomness;
  std::mt19937_64 engine(11);
  std::set<std::string> fingerprints;
  std::size_t values = 0;
  for (int trial = 0; trial < 6; ++trial) {
    const std::string text = trial == 0 ? "5 + 6" : random_expression(engine, 3, 4);
    const auto plan = Plan::create(*parse(text), chain());
    ASSERT_TRUE(plan.ok()) << text;
    const auto outcome = run(*plan, chain(), randomness);
    ASSERT_TRUE(outcome.ok()) << text << ": " << outcome.error().message;
    EXPECT_EQ(outcome->value, plan->expected()) << text;
    for (const Trace& step : outcome->steps) {
      EXPECT_EQ(step.fingerprint.size(), 16U);
      fingerprints.insert(step.fingerprint);
      ++values;
    }
  }
  EXPECT_EQ(fingerprints.size(), values);
}

}  // namespace
}  // namespace cryptonet::he::expression
