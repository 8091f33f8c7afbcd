// SPDX-License-Identifier: Apache-2.0
// Totals against sums over whole integers, for every row of the kernel table; the blinding against
// its definition.
#include "columns/total/total.h"

#include <gtest/gtest.h>

#include <random>

#include "he/arith/dispatch.h"
#include "he/arith/modulus.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::total {
namespace {

using he::bgv::Integer;

/// Tiny and insecure: N = 16, three primes, t = 97.
const format::ParameterSet& insecure_tiny_set() {
  static const format::ParameterSet set = {
      format::ParameterSetId::kWide,
      "tiny",
      *he::bgv::BgvParameters::insecure_create({16, {193, 257, 281474976694273}, 97}),
      2,
      1024,
      64};
  return set;
}

struct Column {
  explicit Column(const format::ParameterSet& set, std::size_t chunks, std::mt19937_64& engine) {
    for (std::size_t k = 0; k < chunks; ++k) {
      std::vector<std::uint64_t> words(set.primes() * set.ring_degree());
      for (auto& word : words) word = engine() >> 16;  // any 48 bits: a hostile contributor's words
      base::Bytes packed(set.packed_bytes());
      base::pack_u48(words, packed);
      clear.push_back(words);
      bytes.push_back(packed);
    }
  }
  std::vector<base::ByteView> views() const { return {bytes.begin(), bytes.end()}; }
  std::vector<std::vector<std::uint64_t>> clear;
  std::vector<base::Bytes> bytes;
};

format::Residues expected_total(const format::ParameterSet& set, const Column& a, const Column* b) {
  format::Residues total{};
  for (std::size_t j = 0; j < set.primes(); ++j) {
    he::arith::Uint128 sum = 0;  // 2^15 products below 2^96
    for (std::size_t k = 0; k < a.clear.size(); ++k) {
      for (std::size_t i = 0; i < set.ring_degree(); ++i) {
        const std::size_t at = j * set.ring_degree() + i;
        sum += he::arith::Uint128{a.clear[k][at]} * (b == nullptr ? 1 : b->clear[k][at]);
      }
    }
    total[j] = static_cast<std::uint64_t>(sum % set.bgv.ciphertext_moduli()[j]);
  }
  return total;
}

TEST(Total, EqualsTheSumOverWholeIntegersInEveryRow) {
  std::mt19937_64 engine(41);
  const he::arith::Kernels& before = he::arith::kernels();
  for (const format::ParameterSet* set : {&insecure_tiny_set(), &format::wide_set()}) {
    const std::size_t chunks = set->ring_degree() == 16 ? 13 : 2;
    std::vector<Column> columns;
    for (int c = 0; c < 8; ++c) columns.emplace_back(*set, chunks, engine);
    std::vector<std::vector<base::ByteView>> views;
    for (const Column& column : columns) views.push_back(column.views());
    std::vector<format::ColumnPair> pairs;  // every sum and product there is
    std::vector<format::Residues> expected;
    for (std::uint32_t i = 0; i < columns.size(); ++i) {
      pairs.push_back(format::make_pair(i));
      expected.push_back(expected_total(*set, columns[i], nullptr));
      for (std::uint32_t j = i; j < columns.size(); ++j) {
        pairs.push_back(format::make_pair(i, j));
        expected.push_back(expected_total(*set, columns[i], &columns[j]));
      }
    }
    for (const he::arith::Kernels* row : he::arith::supported_kernels()) {
      SCOPED_TRACE(std::string(row->name) + " " + set->name);
      he::arith::use_kernels(*row);
      for (const std::size_t some : {std::size_t{1}, std::size_t{5}, pairs.size()}) {
        const auto tail = static_cast<std::ptrdiff_t>(some);
        const std::vector<format::ColumnPair> asked(pairs.end() - tail, pairs.end());
        const ProductPlan plan(asked);
        std::vector<std::span<const base::ByteView>> wanted;
        for (const std::uint32_t column : plan.columns()) wanted.push_back(views[column]);
        std::vector<format::Residues> totals(some);
        partial_totals(*set, plan, wanted, totals);
        EXPECT_EQ(totals, std::vector(expected.end() - tail, expected.end()));
      }
      EXPECT_EQ(partial_total(*set, views[0], {}), expected[0]);
      EXPECT_EQ(partial_total(*set, views[0], views[1]), expected[2]);
    }
    he::arith::use_kernels(before);
  }
}

TEST(Total, PartsMergeToTheWholeInAnyOrder) {
  std::mt19937_64 engine(42);
  const format::ParameterSet& set = insecure_tiny_set();
  const Column a(set, 6, engine);
  const Column b(set, 6, engine);
  const auto left = a.views();
  const auto right = b.views();
  const format::Residues whole = partial_total(set, left, right);
  for (std::size_t cut = 0; cut <= 6; ++cut) {
    const auto part = [&](std::size_t from, std::size_t count) {
      return count == 0 ? format::Residues{}
                        : partial_total(set, std::span(left).subspan(from, count),
                                        std::span(right).subspan(from, count));
    };
    EXPECT_EQ(merge(set, part(0, cut), part(cut, 6 - cut)), whole);
    EXPECT_EQ(merge(set, part(cut, 6 - cut), part(0, cut)), whole);
  }
}

/// rho from what blind() added: the centred lift of the difference, over N*t.
Integer added_multiple(const format::ParameterSet& set, const format::Residues& from,
                       const format::Residues& to) {
  const Integer q = he::bgv::product_of(set.bgv.ciphertext_moduli());
  Integer lifted = 0;
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const he::arith::Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    const Integer others = q / modulus.value();
    const auto inverse =
        modulus.invert(static_cast<std::uint64_t>(Integer(others % modulus.value())));
    const std::uint64_t difference = modulus.subtract(to[j], from[j]);
    const std::uint64_t per_row = modulus.multiply(difference, modulus.invert(set.ring_degree()));
    lifted += others * modulus.multiply(per_row, inverse);
  }
  lifted %= q;
  return lifted > q / 2 ? Integer(lifted - q) : lifted;
}

TEST(Blinding, IsAMultipleOfTInsideItsRange) {
  const format::ParameterSet& set = format::wide_set();
  const he::bgv::Accountant accountant(set.bgv);
  const std::uint64_t t = set.bgv.plaintext_modulus();
  base::Secret<32> secret;
  Integer largest = 0;
  int negative = 0;
  constexpr int kPairs = 400;
  for (std::uint32_t i = 0; i < kPairs; ++i) {
    const format::Residues total = {i, 2 * i, 3};
    const Integer added =
        added_multiple(set, total, blind(set, secret, {}, {}, format::make_pair(i), total));
    EXPECT_TRUE(added % t == 0);
    EXPECT_TRUE(abs(added) <= accountant.blinding_range() * t);
    if (abs(added) > largest) largest = abs(added);
    negative += added < 0 ? 1 : 0;
  }
  EXPECT_TRUE(largest * 10 > accountant.modulus() / 8 * 9);  // the range is used to its ends
  EXPECT_NEAR(negative, kPairs / 2, 60);
}

TEST(Blinding, IsFixedPerTotalAndDiffersBetweenTotals) {
  const format::ParameterSet& set = format::wide_set();
  base::Secret<32> secret;
  base::Secret<32> other_secret;
  other_secret.data()[0] = 1;
  format::UploadId upload;
  format::UploadId other_upload;
  other_upload.bytes[15] = 1;
  format::UnitId unit;
  format::UnitId other_unit;
  other_unit.bytes[15] = 1;
  const format::ColumnPair pair = format::make_pair(1, 2);
  const format::Residues total = {10, 20, 30};
  const format::Residues blinded = blind(set, secret, upload, unit, pair, total);
  EXPECT_NE(blinded, total);
  EXPECT_EQ(blind(set, secret, upload, unit, format::make_pair(2, 1), total), blinded);
  EXPECT_NE(blind(set, other_secret, upload, unit, pair, total), blinded);
  EXPECT_NE(blind(set, secret, other_upload, unit, pair, total), blinded);
  EXPECT_NE(blind(set, secret, upload, other_unit, pair, total), blinded);
  EXPECT_NE(blind(set, secret, upload, unit, format::make_pair(1, 3), total), blinded);
  EXPECT_NE(blind(set, secret, upload, unit, format::make_pair(1), total), blinded);
  // The same amount is added whatever the total is: merging first or blinding first is one thing.
  const format::Residues zero_blinded = blind(set, secret, upload, unit, pair, {});
  EXPECT_EQ(merge(set, zero_blinded, total), blinded);
}

}  // namespace
}  // namespace cryptonet::columns::total
