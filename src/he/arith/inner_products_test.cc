// SPDX-License-Identifier: Apache-2.0
// The portable inner products against arithmetic on whole integers; every other row of the table
// against the portable one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "he/arith/dispatch.h"
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"

namespace cryptonet::he::arith {
namespace {

constexpr std::uint64_t kWordMax = (std::uint64_t{1} << 48) - 1;

/// The words packed at the very end of their memory, so that a read past it is seen by sanitizers.
base::Bytes pack(const std::vector<std::uint64_t>& words) {
  base::Bytes packed(6 * words.size());
  base::pack_u48(words, packed);
  packed.shrink_to_fit();
  return packed;
}

std::vector<std::uint64_t> random_words(std::mt19937_64& engine, std::size_t count,
                                        std::uint64_t below) {
  std::vector<std::uint64_t> words(count);
  for (auto& word : words) word = engine() % below;
  return words;
}

TEST(Kernels, PortableSumsAndProductsAreExact) {
  std::mt19937_64 engine(11);
  for (const std::size_t count : {0U, 1U, 2U, 7U, 64U, 100U, 8192U, 32768U}) {
    const bool extreme = count == 32768;
    auto a = random_words(engine, count, kWordMax + 1);
    auto b = random_words(engine, count, kWordMax + 1);
    if (extreme) a.assign(count, kWordMax), b.assign(count, kWordMax);
    std::uint64_t sum = 0;
    Uint128 dot = 0;
    for (std::size_t i = 0; i < count; ++i) sum += a[i], dot += Uint128{a[i]} * b[i];
    EXPECT_EQ(portable::sum_u48(pack(a).data(), count), sum);
    const WideSum wide = portable::dot_u48(pack(a).data(), pack(b).data(), count);
    EXPECT_TRUE((Uint128{wide.high} << 64 | wide.low) == dot);
  }
}

TEST(Kernels, EveryRowSumsAndMultipliesAsPortable) {
  std::mt19937_64 engine(12);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (std::size_t count = 0; count < 300; ++count) {
      const auto a = pack(random_words(engine, count, kWordMax + 1));
      const auto b = pack(random_words(engine, count, kWordMax + 1));
      ASSERT_EQ(row->sum_u48(a.data(), count), portable::sum_u48(a.data(), count)) << count;
      const WideSum ours = row->dot_u48(a.data(), b.data(), count);
      const WideSum expected = portable::dot_u48(a.data(), b.data(), count);
      ASSERT_EQ(ours.low, expected.low) << count;
      ASSERT_EQ(ours.high, expected.high) << count;
    }
    for (const std::size_t count : {std::size_t{2048}, std::size_t{8192}, kKernelWordsMax}) {
      const base::Bytes full(6 * count, 0xFF);
      const base::Bytes random = pack(random_words(engine, count, kWordMax + 1));
      EXPECT_EQ(row->sum_u48(full.data(), count), portable::sum_u48(full.data(), count));
      for (const base::Bytes* other : {&full, &random}) {
        const WideSum ours = row->dot_u48(full.data(), other->data(), count);
        const WideSum expected = portable::dot_u48(full.data(), other->data(), count);
        EXPECT_EQ(ours.low, expected.low);
        EXPECT_EQ(ours.high, expected.high);
      }
    }
  }
}

TEST(Kernels, EveryRowUnpacksAndMultipliesTiles) {
  std::mt19937_64 engine(15);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (std::size_t count = 0; count < 70; ++count) {
      const auto words = random_words(engine, count, kWordMax + 1);
      std::vector<std::uint64_t> unpacked(count + 1, 7);
      row->unpack_u48(pack(words).data(), unpacked.data(), count);
      ASSERT_TRUE(std::equal(words.begin(), words.end(), unpacked.begin())) << count;
      ASSERT_EQ(unpacked[count], 7U) << count;
    }
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{8}, std::size_t{1024}, kKernelWordsMax}) {
      std::vector<std::vector<std::uint64_t>> words;
      for (std::size_t i = 0; i < kTileRows + kTileColumns; ++i) {
        words.push_back(random_words(engine, count, kWordMax + 1));
      }
      words[0].assign(count, kWordMax);
      words[kTileRows].assign(count, kWordMax);
      std::vector<const std::uint64_t*> pointers;
      for (const auto& column : words) pointers.push_back(column.data());
      std::array<WideSum, kTileRows * kTileColumns> ours{};
      std::array<WideSum, kTileRows * kTileColumns> expected{};
      row->dot_tile(pointers.data(), pointers.data() + kTileRows, count, ours.data());
      portable::dot_tile(pointers.data(), pointers.data() + kTileRows, count, expected.data());
      for (std::size_t i = 0; i < ours.size(); ++i) {
        ASSERT_EQ(ours[i].low, expected[i].low) << count;
        ASSERT_EQ(ours[i].high, expected[i].high) << count;
      }
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith
