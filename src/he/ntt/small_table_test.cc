// SPDX-License-Identifier: Apache-2.0
// Products of ternary polynomials in every row of the table, against schoolbook multiplication of
// integers.
#include "he/ntt/small_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "he/arith/dispatch.h"
#include "he/arith/modulus.h"

namespace cryptonet::he::ntt {
namespace {

using Ternary = std::vector<std::int8_t>;
constexpr int kR = arith::kSmallModulus;

/// Gives each test its rows in turn, and the program's own back.
class SmallTables : public testing::Test {
 protected:
  ~SmallTables() override { arith::use_kernels(own_); }
  const arith::Kernels& own_ = arith::kernels();
};

Ternary ternary_of(std::mt19937_64& engine, std::size_t degree) {
  Ternary ternary(degree);
  for (auto& value : ternary) value = static_cast<std::int8_t>(static_cast<int>(engine() % 3) - 1);
  return ternary;
}

std::vector<int> schoolbook(const Ternary& left, const Ternary& right) {
  const std::size_t degree = left.size();
  std::vector<int> product(degree);
  for (std::size_t i = 0; i < degree; ++i) {
    if (left[i] == 0) continue;
    for (std::size_t j = 0; j < degree - i; ++j) product[i + j] += left[i] * right[j];
    for (std::size_t j = degree - i; j < degree; ++j) product[i + j - degree] -= left[i] * right[j];
  }
  return product;
}

std::vector<std::int16_t> transformed(const SmallTable& table, const Ternary& ternary) {
  std::vector<std::int16_t> work(ternary.size());
  std::vector<std::int16_t> out(ternary.size());
  table.forward(ternary, work, out);
  return out;
}

std::vector<int> multiplied(const SmallTable& table, const std::vector<std::int16_t>& left,
                            const std::vector<std::int16_t>& right) {
  std::vector<std::int16_t> work(2 * left.size());
  std::vector<std::int8_t> low(left.size());
  std::vector<std::int8_t> high(left.size());
  table.multiply(left, right, work, low, high);
  std::vector<int> product(left.size());
  for (std::size_t i = 0; i < product.size(); ++i) {
    EXPECT_TRUE(std::abs(low[i]) <= 64 && std::abs(high[i]) <= 64);
    product[i] = low[i] + 128 * high[i];
  }
  return product;
}

/// As the table gives it: modulo r, centred.
int centred(int x) {
  const int rest = ((x % kR) + kR) % kR;
  return rest > kR / 2 ? rest - kR : rest;
}

TEST_F(SmallTables, MultiplyLikeIntegers) {
  std::mt19937_64 engine(40);
  for (const arith::Kernels* row : arith::supported_kernels()) {
    arith::use_kernels(*row);
    for (std::size_t degree = arith::kSmallDegreeMin; degree <= arith::kSmallDegreeMax;
         degree *= 2) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(degree));
      const SmallTable& table = small_table_of(degree);
      for (int round = 0; round < 3; ++round) {
        const Ternary left = ternary_of(engine, degree);
        const Ternary right = ternary_of(engine, degree);
        ASSERT_EQ(multiplied(table, transformed(table, left), transformed(table, right)),
                  schoolbook(left, right));
      }
    }
  }
}

/// All of one sign, the largest coefficients there are: correct modulo r, centred.
TEST_F(SmallTables, StayCorrectModuloTheirPrimeAtTheBounds) {
  for (const arith::Kernels* row : arith::supported_kernels()) {
    arith::use_kernels(*row);
    for (const std::size_t degree : {std::size_t{4096}, std::size_t{8192}}) {
      const SmallTable& table = small_table_of(degree);
      for (const int left : {-1, 1}) {
        const Ternary all(degree, static_cast<std::int8_t>(left));
        const Ternary ones(degree, 1);
        auto expected = schoolbook(all, ones);
        for (int& value : expected) value = centred(value);
        EXPECT_EQ(multiplied(table, transformed(table, all), transformed(table, ones)), expected)
            << row->name << " " << degree << " " << left;
      }
      Ternary last(degree);
      last.at(degree - 1) = 1;  // X^(N-1), whose square is -X^(N-2)
      std::vector<int> square(degree);
      square[degree - 2] = -1;
      EXPECT_EQ(multiplied(table, transformed(table, last), transformed(table, last)), square);
    }
  }
}

/// Numbers as large as a transform may give, in all rows; a row takes those of another.
TEST_F(SmallTables, GiveTheSameInAllRows) {
  std::mt19937_64 engine(41);
  const SmallTable& table = small_table_of(arith::kSmallDegreeMax);
  for (int round = 0; round < 6; ++round) {
    std::vector<std::int16_t> left(arith::kSmallDegreeMax);
    std::vector<std::int16_t> right(arith::kSmallDegreeMax);
    for (auto* numbers : {&left, &right}) {
      for (auto& number : *numbers) {
        const int sign = round == 0 ? 1 : round == 1 ? -1 : static_cast<int>(engine() % 3) - 1;
        number = static_cast<std::int16_t>(sign * arith::kSmallBound);
      }
    }
    std::vector<int> expected;
    const Ternary ternary = ternary_of(engine, arith::kSmallDegreeMax);
    std::vector<std::int16_t> first;
    for (const arith::Kernels* row : arith::supported_kernels()) {
      SCOPED_TRACE(row->name);
      arith::use_kernels(*row);
      const auto product = multiplied(table, left, right);
      if (expected.empty()) expected = product;
      EXPECT_EQ(product, expected);
      const auto values = transformed(table, ternary);
      if (first.empty()) first = values;
      for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_LE(std::abs(values[i]), arith::kSmallBound);
        ASSERT_EQ((values[i] - first[i]) % kR, 0) << i;
      }
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::ntt
