// SPDX-License-Identifier: Apache-2.0
// What openings add up, in every row of the table, against arithmetic on whole integers.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "he/arith/dispatch.h"
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"

namespace cryptonet::he::arith {
namespace {

constexpr std::uint64_t kPrimes[] = {281474976694273, 281474976317441, 140737488355333, 97};

/// Below `below`; all the largest at the largest count, where sums come nearest to their bound.
std::vector<std::uint64_t> words_of(std::mt19937_64& engine, std::size_t count,
                                    std::uint64_t below) {
  std::vector<std::uint64_t> words(count, below - 1);
  if (count == kKernelWordsMax) return words;
  for (auto& word : words) word = engine() % below;
  return words;
}

base::Bytes packed(std::span<const std::uint64_t> words) {
  base::Bytes bytes(6 * words.size());
  base::pack_u48(words, bytes);
  return bytes;
}

std::vector<std::int8_t> ternary_of(std::mt19937_64& engine, std::size_t count) {
  std::vector<std::int8_t> ternary(count, -1);
  if (count == kKernelWordsMax) return ternary;
  for (auto& value : ternary) value = static_cast<std::int8_t>(static_cast<int>(engine() % 3) - 1);
  return ternary;
}

TEST(OpeningKernels, LiftSmallNumbers) {
  std::mt19937_64 engine(30);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (const std::uint64_t q : {std::uint64_t{131}, kPrimes[0]}) {
      for (const std::size_t count : {0U, 1U, 7U, 8U, 300U}) {
        std::vector<std::int8_t> small(count);
        for (auto& value : small) value = static_cast<std::int8_t>(engine());
        std::vector<std::uint64_t> out(count, 7);
        row->lift_small(small.data(), count, q, out.data());
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(out[i], Modulus(q).reduce_signed(small[i])) << i;
        }
      }
    }
  }
}

TEST(OpeningKernels, FoldHints) {
  std::mt19937_64 engine(31);
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t q : kPrimes) {
      for (const std::size_t count : {std::size_t{1}, std::size_t{9}, kKernelWordsMax}) {
        SCOPED_TRACE(std::string(row->name) + " " + std::to_string(q));
        const auto hint = words_of(engine, count, q);
        const auto squares = words_of(engine, count, q);
        const auto secret = words_of(engine, count, q);
        const base::Bytes packed_hint = packed(hint);
        const base::Bytes packed_squares = packed(squares);
        std::vector<std::uint64_t> out(count);
        row->fold_hint(
            {count, q, packed_hint.data(), packed_squares.data(), secret.data(), out.data()});
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(out[i],
                    static_cast<std::uint64_t>((Uint128{squares[i]} * secret[i] + hint[i]) % q))
              << i;
        }
      }
    }
  }
}

TEST(OpeningKernels, AddUpProductsOfPackedWords) {
  std::mt19937_64 engine(32);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{33}, std::size_t{8192}, kKernelWordsMax}) {
      const auto left = words_of(engine, count, std::uint64_t{1} << 48);
      const auto right = words_of(engine, count, std::uint64_t{1} << 48);
      Uint128 expected = 0;
      for (std::size_t i = 0; i < count; ++i) expected += Uint128{left[i]} * right[i];
      const WideSum sum = row->dot_words(packed(left).data(), right.data(), count);
      ASSERT_TRUE((Uint128{sum.high} << 64 | sum.low) == expected) << count;
    }
  }
}

TEST(OpeningKernels, GiveTheConstantOfANegacyclicProduct) {
  std::mt19937_64 engine(33);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{8},
                                    std::size_t{16}, std::size_t{4096}, kKernelWordsMax}) {
      const auto words = words_of(engine, count, std::uint64_t{1} << 48);
      const auto ternary = ternary_of(engine, count);
      __extension__ typedef __int128 Int128;
      Int128 expected = 0;
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::size_t j : {(count - i) % count}) {  // X^i * X^j is 1 or -1
          const Int128 product = Int128{ternary[j]} * static_cast<std::int64_t>(words[i]);
          expected += i + j == 0 ? product : -product;
        }
      }
      ASSERT_TRUE(row->constant_term(words.data(), ternary.data(), count) == expected) << count;
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith
