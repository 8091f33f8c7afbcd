// SPDX-License-Identifier: Apache-2.0
// The whole of masked columns, from clear rows to opened totals, against sums over the clear rows.
#include <gtest/gtest.h>

#include "columns/open/upload_testing.h"

namespace cryptonet::columns {
namespace {

std::int64_t clear_sum(const UnitRows& rows, const std::function<std::int64_t(std::size_t)>& term) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < rows.front().size(); ++i) sum += term(i);
  return sum;
}

TEST(MaskedColumns, TotalsOfEveryUnitEqualTheClearOnes) {
  for (const std::uint64_t seed : {1U, 2U}) {
    SCOPED_TRACE(seed);
    const std::vector<UnitRows> units = {random_rows(20000, seed), random_rows(1, seed + 10),
                                         random_rows(8192, seed + 20)};
    const UploadForTest upload = make_upload(usual_plans(), units, seed);
    for (std::uint32_t u = 0; u < units.size(); ++u) {
      const UnitRows& rows = units[u];
      const auto x = [&](std::size_t i) { return rows[0][i]; };
      const auto in = [&](std::size_t i) { return rows[1][i] == 2 ? 1 : 0; };
      EXPECT_EQ(*upload.answer(u, sum_of(kX)), clear_sum(rows, x));
      EXPECT_EQ(*upload.answer(u, sum_of(kWeight)), static_cast<std::int64_t>(rows[0].size()));
      EXPECT_EQ(*upload.answer(u, product_of(kX, kIndicator)),
                clear_sum(rows, [&](std::size_t i) { return x(i) * in(i); }));
      EXPECT_EQ(*upload.answer(u, product_of(kWeight, kIndicator)), clear_sum(rows, in));
      EXPECT_EQ(*upload.answer(u, product_of(kX, kX)),
                clear_sum(rows, [&](std::size_t i) { return x(i) * x(i); }));
    }
  }
}

TEST(MaskedColumns, TotalsOfOneReadingEqualSingleTotals) {
  const UploadForTest upload = make_upload(usual_plans(), {random_rows(9000, 3)}, 3);
  std::vector<std::vector<base::ByteView>> columns;
  std::vector<format::ColumnPair> pairs;
  for (std::uint32_t c = 0; c < usual_plans().size(); ++c) {
    columns.push_back(upload.views(0, c));
    pairs.push_back(format::make_pair(kX, c));
  }
  std::vector<format::Residues> totals(pairs.size());
  total::partial_totals(
      format::wide_set(), total::ProductPlan(pairs),
      std::vector<std::span<const base::ByteView>>(columns.begin(), columns.end()), totals);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    EXPECT_EQ(totals[c], total::partial_total(format::wide_set(), columns[kX], columns[c]));
  }
}

}  // namespace
}  // namespace cryptonet::columns
