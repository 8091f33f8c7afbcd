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

Uint128 widen(const WideSum& sum) { return Uint128{sum.high} << 64 | sum.low; }

std::vector<const std::uint8_t*> pointers_to(const std::vector<base::Bytes>& columns) {
  std::vector<const std::uint8_t*> pointers;
  for (const base::Bytes& column : columns) pointers.push_back(column.data());
  return pointers;
}

/// What `kernels` makes of a tile; the sums' memory is as long as the tile and starts as garbage.
std::vector<WideSum> products(const Kernels& kernels, const std::vector<base::Bytes>& rows,
                              const std::vector<base::Bytes>& columns, std::size_t count) {
  std::vector<WideSum> sums(rows.size() * columns.size(), WideSum{7, 7});
  const auto row_pointers = pointers_to(rows);
  const auto column_pointers = pointers_to(columns);
  kernels.dot_tile({row_pointers.data(), rows.size(), column_pointers.data(), columns.size(), count,
                    sums.data()});
  return sums;
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
    const auto tile = products(**find_kernels("portable"), {pack(a)}, {pack(b), pack(a)}, count);
    EXPECT_TRUE(widen(tile[0]) == dot);
  }
}

TEST(Kernels, EveryRowSumsAndUnpacksAsPortable) {
  std::mt19937_64 engine(12);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (std::size_t count = 0; count < 300; ++count) {
      const auto words = random_words(engine, count, kWordMax + 1);
      const auto packed = pack(words);
      ASSERT_EQ(row->sum_u48(packed.data(), count), portable::sum_u48(packed.data(), count))
          << count;
      std::vector<std::uint64_t> unpacked(count + 1, 7);
      row->unpack_u48(packed.data(), unpacked.data(), count);
      ASSERT_TRUE(std::equal(words.begin(), words.end(), unpacked.begin())) << count;
      ASSERT_EQ(unpacked[count], 7U) << count;
    }
    for (const std::size_t count : {std::size_t{2048}, std::size_t{8192}, kKernelWordsMax}) {
      const base::Bytes full(6 * count, 0xFF);
      EXPECT_EQ(row->sum_u48(full.data(), count), portable::sum_u48(full.data(), count));
    }
  }
}

TEST(Kernels, EveryRowMultipliesTilesOfEveryShapeAsPortable) {
  std::mt19937_64 engine(15);
  std::vector<std::size_t> counts = {2048, 8192, kKernelWordsMax};
  for (std::size_t count = 0; count < 120; ++count) counts.push_back(count);
  for (std::size_t rows = 1; rows <= kTileRowsMax; ++rows) {
    for (std::size_t columns = 1; columns <= kTileColumnsMax[rows]; ++columns) {
      for (const std::size_t count : counts) {
        std::vector<base::Bytes> words;
        for (std::size_t i = 0; i < rows + columns; ++i) {
          words.push_back(pack(random_words(engine, count, kWordMax + 1)));
        }
        // the largest words in a row and a column: full lanes, where two of them meet
        words.front().assign(6 * count, 0xFF);
        words.back().assign(6 * count, 0xFF);
        const auto middle = words.begin() + static_cast<std::ptrdiff_t>(rows);
        const std::vector<base::Bytes> left(words.begin(), middle);
        const std::vector<base::Bytes> right(middle, words.end());
        const auto expected = products(**find_kernels("portable"), left, right, count);
        for (const Kernels* row : supported_kernels()) {
          SCOPED_TRACE(row->name);
          const auto ours = products(*row, left, right, count);
          for (std::size_t i = 0; i < ours.size(); ++i) {
            ASSERT_TRUE(widen(ours[i]) == widen(expected[i]))
                << rows << " x " << columns << ", " << count << " words, product " << i;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith
