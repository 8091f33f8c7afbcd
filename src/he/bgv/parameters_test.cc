// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/parameters.h"

#include <gtest/gtest.h>

namespace cryptonet::he::bgv {
namespace {

constexpr std::uint64_t kT = 562949952847873;
const BgvParametersLiteral kWide = {8192, {281474976694273, 281474976546817, 281474976317441}, kT};

TEST(BgvParameters, AcceptTheWideSetAndNameItsClass) {
  const auto wide = BgvParameters::create(kWide);
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(wide->modulus_bits(), 144U);
  EXPECT_EQ(wide->security_bits(), 192U);
}

TEST(BgvParameters, RefuseTooLargeAModulus) {
  // The same three primes are 1 mod 8192 too, but 144 bits are insecure at degree 4096.
  auto literal = kWide;
  literal.ring_degree = 4096;
  const auto refused = BgvParameters::create(literal);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "bgv.security");
  EXPECT_TRUE(BgvParameters::insecure_create(literal).ok());
  literal.ciphertext_moduli.pop_back();  // 96 bits
  EXPECT_EQ(BgvParameters::create(literal)->security_bits(), 128U);
}

TEST(BgvParameters, RefuseWhatIsNotAParameter) {
  const auto rule_of = [](const BgvParametersLiteral& literal) {
    const auto result = BgvParameters::insecure_create(literal);
    return result.ok() ? std::string("accepted") : result.error().rule;
  };
  EXPECT_EQ(rule_of({8191, kWide.ciphertext_moduli, kT}), "bgv.ring_degree");
  EXPECT_EQ(rule_of({65536, kWide.ciphertext_moduli, kT}), "bgv.ring_degree");
  EXPECT_EQ(rule_of({8192, {}, kT}), "bgv.ciphertext_moduli");
  EXPECT_EQ(rule_of({8192, {281474976694273, 281474976694273}, kT}), "bgv.ciphertext_moduli");
  EXPECT_EQ(rule_of({8192, {281474976694273 + 16384}, kT}), "bgv.ciphertext_moduli");
  EXPECT_EQ(rule_of({8192, {1125899906842625}, kT}), "bgv.ciphertext_moduli");
  EXPECT_EQ(rule_of({8192, kWide.ciphertext_moduli, 65537 + 2}), "bgv.plaintext_modulus");
  EXPECT_EQ(rule_of({8192, kWide.ciphertext_moduli, 281474976694273}), "bgv.plaintext_modulus");
  EXPECT_EQ(rule_of(kWide), "accepted");
}

}  // namespace
}  // namespace cryptonet::he::bgv
