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

TEST(OpeningKernels, LiftSmallNumbers) {
  std::mt19937_64 engine(30);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (const std::uint64_t q : {std::uint64_t{131}, std::uint64_t{281474976694273}}) {
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

TEST(OpeningKernels, WeighPackedWords) {
  std::mt19937_64 engine(32);
  for (const Kernels* row : supported_kernels()) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{33},
                                    std::size_t{4096}, std::size_t{8192}, kKernelWordsMax}) {
      for (std::size_t lists = 1; lists <= kWeightsMax; ++lists) {
        SCOPED_TRACE(std::string(row->name) + " " + std::to_string(count));
        const auto words = words_of(engine, count, std::uint64_t{1} << 48);
        std::vector<std::vector<std::int8_t>> weights(lists, std::vector<std::int8_t>(count));
        std::vector<const std::int8_t*> places;
        std::vector<Int128> expected(lists);
        for (std::size_t k = 0; k < lists; ++k) {
          for (std::size_t i = 0; i < count; ++i) {
            // the largest of either sign where all words are the largest
            const int extreme = k % 2 == 0 ? -64 : 64;
            const bool largest = count == kKernelWordsMax;
            weights[k][i] =
                static_cast<std::int8_t>(largest ? extreme : static_cast<int>(engine() % 129) - 64);
            expected[k] += Int128{static_cast<std::int64_t>(words[i])} * weights[k][i];
          }
          places.push_back(weights[k].data());
        }
        std::vector<WideSum> sums(lists);
        row->weigh_words({packed(words).data(), count, places.data(), lists, sums.data()});
        for (std::size_t k = 0; k < lists; ++k) {
          const auto sum = static_cast<Int128>(Uint128{sums[k].high} << 64 | sums[k].low);
          ASSERT_TRUE(sum == expected[k]) << k;
        }
      }
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith
