// SPDX-License-Identifier: Apache-2.0
// Every operation on every operand for small moduli, and random operands against the processor's
// division for large.
#include "he/arith/modulus.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "he/arith/prime.h"

namespace cryptonet::he::arith {
namespace {

TEST(Modulus, AgreesWithDivisionOnAllSmallOperands) {
  for (std::uint64_t q = 2; q < 48; ++q) {
    SCOPED_TRACE(q);
    const Modulus modulus(q);
    for (std::uint64_t x = 0; x < 3 * q * q; ++x) EXPECT_EQ(modulus.reduce(x), x % q);
    for (std::uint64_t a = 0; a < q; ++a) {
      EXPECT_EQ(modulus.negate(a), (q - a) % q);
      const ShoupFactor factor = modulus.shoup(a);
      EXPECT_EQ(factor.quotient, static_cast<std::uint64_t>((Uint128{a} << 64) / q));
      for (std::uint64_t b = 0; b < q; ++b) {
        EXPECT_EQ(modulus.add(a, b), (a + b) % q);
        EXPECT_EQ(modulus.subtract(a, b), (a + q - b) % q);
        EXPECT_EQ(modulus.multiply(a, b), a * b % q);
        EXPECT_EQ(modulus.multiply(factor, b), a * b % q);
      }
    }
    for (std::int64_t x = -200; x <= 200; ++x) {
      const auto signed_q = static_cast<std::int64_t>(q);
      EXPECT_EQ(modulus.reduce_signed(x),
                static_cast<std::uint64_t>(((x % signed_q) + signed_q) % signed_q));
    }
  }
}

TEST(Modulus, AgreesWithDivisionOnRandomLargeOperands) {
  std::mt19937_64 engine(7);
  const std::array<std::uint64_t, 6> moduli = {(std::uint64_t{1} << 61) - 1,
                                               281474976694273,
                                               281474976546817,
                                               281474976317441,
                                               562949952847873,
                                               (std::uint64_t{1} << 50) + 1};
  for (const std::uint64_t q : moduli) {
    SCOPED_TRACE(q);
    const Modulus modulus(q);
    for (int i = 0; i < 20000; ++i) {
      const Uint128 x = Uint128{engine()} << 64 | engine();
      const std::uint64_t a = engine() % q;
      const std::uint64_t y = engine();
      ASSERT_EQ(modulus.reduce(x), static_cast<std::uint64_t>(x % q));
      ASSERT_EQ(modulus.shoup(a).quotient, static_cast<std::uint64_t>((Uint128{a} << 64) / q));
      ASSERT_EQ(modulus.multiply(modulus.shoup(a), y),
                static_cast<std::uint64_t>(Uint128{a} * y % q));
      ASSERT_LT(modulus.lazy_multiply(modulus.shoup(a), y), 2 * q);
    }
    EXPECT_EQ(modulus.reduce(~Uint128{0}), static_cast<std::uint64_t>(~Uint128{0} % q));
    EXPECT_EQ(modulus.reduce_signed(INT64_MIN), (q - (std::uint64_t{1} << 63) % q) % q);
  }
}

TEST(Modulus, CentresAndInverts) {
  const Modulus seventeen(17);
  EXPECT_EQ(seventeen.centre(8), 8);
  EXPECT_EQ(seventeen.centre(9), -8);
  EXPECT_EQ(seventeen.centre(16), -1);
  for (std::uint64_t a = 1; a < 17; ++a) {
    EXPECT_EQ(seventeen.multiply(a, seventeen.invert(a)), 1U);
  }
}

bool is_prime_by_trial(std::uint64_t value) {
  if (value < 2) return false;
  for (std::uint64_t d = 2; d * d <= value; ++d) {
    if (value % d == 0) return false;
  }
  return true;
}

TEST(Prime, AgreesWithTrialDivision) {
  for (std::uint64_t value = 0; value < 5000; ++value) {
    EXPECT_EQ(is_prime(value), is_prime_by_trial(value)) << value;
  }
}

TEST(Prime, SeesThroughStrongPseudoprimes) {
  // The least strong pseudoprimes to the first 2, 4, 5 and 9 primes (OEIS A014233).
  for (const std::uint64_t value :
       {1373653ULL, 3215031751ULL, 2152302898747ULL, 3825123056546413051ULL}) {
    EXPECT_FALSE(is_prime(value)) << value;
  }
  EXPECT_TRUE(is_prime((std::uint64_t{1} << 61) - 1));
  EXPECT_FALSE(is_prime((std::uint64_t{1} << 61) + 1));
}

TEST(Prime, FindsTheSmallestPrimitiveRoot) {
  for (const std::uint64_t q : {17ULL, 97ULL, 193ULL, 257ULL, 7681ULL}) {
    const Modulus modulus(q);
    for (std::uint64_t degree = 1; degree <= 128; degree *= 2) {
      std::optional<std::uint64_t> expected;
      for (std::uint64_t root = 1; root < q && !expected; ++root) {
        if (modulus.power(root, degree) == q - 1) expected = root;
      }
      EXPECT_EQ(smallest_primitive_root(modulus, degree), expected) << q << " " << degree;
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith
