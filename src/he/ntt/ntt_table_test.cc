// SPDX-License-Identifier: Apache-2.0
// The transform against its definition: all polynomials of a tiny ring, random ones of larger
// rings, every row of the kernel table.
#include "he/ntt/ntt_table.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <random>
#include <string>

#include "he/arith/dispatch.h"
#include "he/arith/prime.h"

namespace cryptonet::he::ntt {
namespace {

/// Runs `test` with every row of the kernel table in use.
template <typename Test>
void with_every_row(const Test& test) {
  const arith::Kernels& before = arith::kernels();
  for (const arith::Kernels* row : arith::supported_kernels()) {
    SCOPED_TRACE(row->name);
    arith::use_kernels(*row);
    test();
  }
  arith::use_kernels(before);
}

/// a(psi^(2*brv(k)+1)) by Horner's rule.
std::vector<std::uint64_t> naive_forward(const NttTable& table,
                                         const std::vector<std::uint64_t>& a) {
  const arith::Modulus& q = table.modulus();
  const auto bits = static_cast<unsigned>(std::countr_zero(a.size()));
  std::vector<std::uint64_t> out(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    const std::uint64_t point = q.power(table.root(), 2 * reverse_bits(k, bits) + 1);
    for (std::size_t i = a.size(); i-- > 0;) out[k] = q.add(q.multiply(out[k], point), a[i]);
  }
  return out;
}

TEST(NttTable, TransformsEveryPolynomialOfATinyRing) {
  const NttTable table = *NttTable::create(4, 17);
  with_every_row([&] {
    std::vector<std::uint64_t> a(4);
    for (std::uint64_t n = 0; n < 17 * 17 * 17 * 17; ++n) {
      a = {n % 17, n / 17 % 17, n / 289 % 17, n / 4913};
      auto transformed = a;
      table.forward(transformed);
      ASSERT_EQ(transformed, naive_forward(table, a));
      table.inverse(transformed);
      ASSERT_EQ(transformed, a);
    }
  });
}

TEST(NttTable, EqualsTheDefinitionAtEveryDegree) {
  std::mt19937_64 engine(21);
  std::uint64_t largest = (std::uint64_t{1} << 50) - 511;  // the largest prime = 1 mod 512
  while (!arith::is_prime(largest)) largest -= 512;
  for (const std::uint64_t q : {std::uint64_t{7681}, std::uint64_t{281474976317441}, largest}) {
    for (std::size_t degree = 2; degree <= 256; degree *= 2) {
      const auto table = NttTable::create(degree, q);
      ASSERT_TRUE(table.ok());
      with_every_row([&] {
        std::vector<std::uint64_t> a(degree);
        for (auto& word : a) word = engine() % q;
        a[0] = q - 1;
        auto transformed = a;
        table->forward(transformed);
        ASSERT_EQ(transformed, naive_forward(*table, a)) << q << " " << degree;
        table->inverse(transformed);
        ASSERT_EQ(transformed, a) << q << " " << degree;
      });
    }
  }
}

/// The largest prime = 1 mod 65536 below a power of two: where a row changes its lazy ranges.
std::uint64_t largest_prime_below(unsigned bits) {
  std::uint64_t q = (std::uint64_t{1} << bits) - 65535;
  while (!arith::is_prime(q)) q -= 65536;
  return q;
}

TEST(NttTable, RowsAgreeAtEveryDegreeAndAtTheLimitsOfTheirRanges) {
  std::mt19937_64 engine(22);
  for (const unsigned bits : {20U, 47U, 48U, 49U, 50U}) {
    const std::uint64_t q = largest_prime_below(bits);
    for (std::size_t degree = 2; degree <= kRingDegreeMax; degree *= 2) {
      const NttTable table = *NttTable::create(degree, q);
      for (const int kind : {0, 1, 2, 3}) {
        SCOPED_TRACE(std::to_string(q) + " " + std::to_string(degree) + " " + std::to_string(kind));
        std::vector<std::uint64_t> a(degree);
        for (std::size_t i = 0; i < degree; ++i) {
          const std::uint64_t random = engine();
          const std::array<std::uint64_t, 4> words = {random % q, q - 1, i % 2 * (q - 1),
                                                      random % 2 * (q - 1)};
          a[i] = words.at(static_cast<std::size_t>(kind));
        }
        std::vector<std::uint64_t> expected;
        std::vector<std::uint64_t> expected_inverse;
        with_every_row([&] {
          auto forward = a;
          table.forward(forward);
          auto inverse = a;
          table.inverse(inverse);
          if (expected.empty()) expected = forward, expected_inverse = inverse;
          ASSERT_EQ(forward, expected);
          ASSERT_EQ(inverse, expected_inverse);
          table.inverse(forward);
          ASSERT_EQ(forward, a);
        });
      }
    }
  }
}

TEST(NttTable, ProductsOfTransformsAreNegacyclicProducts) {
  std::mt19937_64 engine(23);
  const NttTable table = *NttTable::create(32, 193);
  const arith::Modulus& q = table.modulus();
  std::vector<std::uint64_t> a(32);
  std::vector<std::uint64_t> b(32);
  for (auto& word : a) word = engine() % 193;
  for (auto& word : b) word = engine() % 193;
  std::vector<std::uint64_t> product(32);
  for (std::size_t i = 0; i < 32; ++i) {
    for (std::size_t j = 0; j < 32; ++j) {
      const std::uint64_t term = q.multiply(a[i], b[j]);
      std::uint64_t& place = product[(i + j) % 32];
      place = i + j < 32 ? q.add(place, term) : q.subtract(place, term);
    }
  }
  table.forward(a);
  table.forward(b);
  for (std::size_t i = 0; i < 32; ++i) a[i] = q.multiply(a[i], b[i]);
  table.inverse(a);
  EXPECT_EQ(a, product);
}

TEST(NttTable, RefusesWhatHasNoTransform) {
  EXPECT_FALSE(NttTable::create(0, 17).ok());
  EXPECT_FALSE(NttTable::create(1, 17).ok());
  EXPECT_FALSE(NttTable::create(12, 97).ok());
  EXPECT_FALSE(NttTable::create(16, 17).ok());  // 17 is not 1 mod 32
  EXPECT_FALSE(NttTable::create(4, 33).ok());   // not a prime
  EXPECT_FALSE(NttTable::create(4, (std::uint64_t{1} << 61) - 1).ok());
  EXPECT_TRUE(NttTable::create(8, 17).ok());
}

}  // namespace
}  // namespace cryptonet::he::ntt
