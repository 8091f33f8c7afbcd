// SPDX-License-Identifier: Apache-2.0
// The sets of two checks, from clear rows to opened totals: exact, and a lie that fools one alpha
// is refused by the other.
#include <gtest/gtest.h>

#include "columns/open/upload_testing.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns {
namespace {

using format::ParameterSet;
using format::Residues;

/// One upload per set: 20,000 rows of products that stay below t/2.
const UploadForTest& upload_of(const ParameterSet& set) {
  static const auto make = [](const ParameterSet& of) {
    return make_upload(two_check_plans(), {random_rows(20000, 91, 300), random_rows(7, 92, 300)},
                       91, 2, of);
  };
  static const UploadForTest narrow = make(format::narrow_set());
  static const UploadForTest sums = make(format::sums_set());
  return set.products ? narrow : sums;
}

class SmallerSet : public ::testing::TestWithParam<const ParameterSet*> {
 protected:
  const ParameterSet& set() const { return *GetParam(); }
  const UploadForTest& upload() const { return upload_of(set()); }
  /// A product where the set has any.
  open::CheckedPair pair() const {
    if (!set().products) return two_check_pair(kX, std::nullopt);
    return two_check_pair(kX, kTwoCheckIndicator);
  }
  std::int64_t clear_answer() const {
    const UnitRows rows = random_rows(20000, 91, 300);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
      if (!set().products || rows[1][i] == 2) sum += rows[0][i];
    }
    return sum;
  }

  /// number + N * amount: shifts the phase by `amount`.
  Residues shifted(const Residues& number, const he::bgv::Integer& amount) const {
    Residues result{};
    for (std::size_t j = 0; j < set().primes(); ++j) {
      const he::arith::Modulus modulus(set().bgv.ciphertext_moduli()[j]);
      he::bgv::Integer residue = amount * set().ring_degree() % modulus.value();
      if (residue < 0) residue += modulus.value();
      result[j] = modulus.add(number[j], static_cast<std::uint64_t>(residue));
    }
    return result;
  }
  /// Adds exactly `delta` (mod t) to the total of this number.
  Residues forged(const Residues& number, std::uint64_t delta) const {
    const he::arith::Modulus t(set().bgv.plaintext_modulus());
    return shifted(number, t.multiply(delta, t.invert(set().ring_degree())));
  }
  base::Result<std::int64_t> open(const Residues& total,
                                  const std::vector<Residues>& checks) const {
    return upload().open_with_checks(0, pair(), total, checks);
  }
  void expect_refused(const Residues& total, const std::vector<Residues>& checks) const {
    const auto opened = open(total, checks);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(base::describe(opened.error()), base::describe(open::opening_refused()));
  }
  Residues total() const { return upload().cloud(0, pair().value()); }
  std::vector<Residues> checks() const { return upload().cloud_checks(0, pair()); }
};

TEST_P(SmallerSet, TotalsEqualTheClearOnes) {
  const auto& made = upload();
  EXPECT_EQ(*open(total(), checks()), clear_answer());
  for (std::uint32_t unit = 0; unit < 2; ++unit) {
    const UnitRows rows = random_rows(unit == 0 ? 20000 : 7, unit == 0 ? 91 : 92, 300);
    const auto sum = [&](const auto& term) {
      std::int64_t all = 0;
      for (std::size_t i = 0; i < rows[0].size(); ++i) all += term(i);
      return all;
    };
    const auto count = static_cast<std::int64_t>(rows[0].size());
    EXPECT_EQ(*made.answer(unit, two_check_pair(kX, std::nullopt)),
              sum([&](std::size_t i) { return rows[0][i]; }));
    EXPECT_EQ(*made.answer(unit, two_check_pair(kTwoCheckWeight, std::nullopt)), count);
    if (!set().products) continue;
    EXPECT_EQ(*made.answer(unit, two_check_pair(kX, kX)),
              sum([&](std::size_t i) { return rows[0][i] * rows[0][i]; }));
    EXPECT_EQ(*made.answer(unit, two_check_pair(kTwoCheckWeight, kTwoCheckIndicator)),
              sum([&](std::size_t i) { return rows[1][i] == 2 ? 1 : 0; }));
  }
}

TEST_P(SmallerSet, RefusesALieThatFoolsOneAlpha) {
  const auto& made = upload();
  const auto key = *open::unseal_key(*made.manifest, *made.sealed_key, made.gatekeeper_secret,
                                     made.enrolment_secret);
  const he::arith::Modulus t(set().bgv.plaintext_modulus());
  const std::array<std::uint64_t, 2> alphas = {keys::derive_alpha(key, set(), 0),
                                               keys::derive_alpha(key, set(), 1)};
  EXPECT_NE(alphas[0], alphas[1]);
  for (const std::uint64_t delta : {std::uint64_t{1}, std::uint64_t{2}, t.value() - 1000}) {
    const Residues wrong = forged(total(), delta);
    auto first = checks();
    first[0] = forged(first[0], t.multiply(alphas[0], delta));
    expect_refused(wrong, first);
    auto second = checks();
    second[1] = forged(second[1], t.multiply(alphas[1], delta));
    expect_refused(wrong, second);
    // Whoever knew both would be believed: it is the checks that refuse.
    const auto opened = open(wrong, {first[0], second[1]});
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened,
              t.centre(t.reduce_signed(clear_answer() + static_cast<std::int64_t>(delta))));
  }
}

TEST_P(SmallerSet, RefusesConstantsSwapsAndOtherNumbers) {
  std::mt19937_64 engine(93);
  const std::uint64_t t = set().bgv.plaintext_modulus();
  const auto honest = checks();
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t delta = i < 5 ? static_cast<std::uint64_t>(i) + 1 : engine() % t;
    expect_refused(forged(total(), delta), honest);
    expect_refused(total(), {forged(honest[0], delta), honest[1]});
    expect_refused(total(), {honest[0], forged(honest[1], delta)});
    expect_refused(forged(total(), delta), {forged(honest[0], delta), forged(honest[1], delta)});
    Residues noise{};
    for (std::size_t j = 0; j < set().primes(); ++j) {
      noise[j] = engine() % set().bgv.ciphertext_moduli()[j];
    }
    expect_refused(noise, honest);
    expect_refused(total(), {honest[0], noise});
  }
  expect_refused(total(), {honest[1], honest[0]});
  expect_refused(total(), {honest[0], honest[0]});
  expect_refused(total(), {total(), total()});
  expect_refused({}, {{}, {}});
}

TEST_P(SmallerSet, RefusesOtherChunksThanTheUnits) {
  const auto& made = upload();
  const auto number_over = [&](const format::ColumnPair& asked, std::size_t left_out) {
    const auto without = [&](std::uint32_t column) {
      auto chunks = made.views(0, column);
      chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(left_out));
      return chunks;
    };
    std::vector<base::ByteView> right;
    if (asked.right != format::kNoColumn) right = without(asked.right);
    return total::blind(set(), made.cloud_secret, made.body.upload, made.body.units[0].id, asked,
                        total::partial_total(set(), without(asked.left), right));
  };
  for (std::size_t chunk = 0; chunk < made.body.units[0].chunks; ++chunk) {
    expect_refused(number_over(pair().value(), chunk),
                   {number_over(pair().check(0), chunk), number_over(pair().check(1), chunk)});
  }
  expect_refused(made.cloud(1, pair().value()), made.cloud_checks(1, pair()));
}

TEST_P(SmallerSet, TakesMultiplesOfTUpToItsBound) {
  const he::bgv::Integer t = set().bgv.plaintext_modulus();
  EXPECT_EQ(*open(shifted(total(), t * 3), checks()), clear_answer());
  EXPECT_EQ(*open(shifted(total(), -t), checks()), clear_answer());
  const he::bgv::Integer far = he::bgv::product_of(set().bgv.ciphertext_moduli()) / 2 / t * t;
  expect_refused(shifted(total(), far), checks());
}

TEST(SumsSet, OpensNoProduct) {
  const auto& made = upload_of(format::sums_set());
  const auto product = made.answer(0, two_check_pair(kX, kTwoCheckIndicator));
  ASSERT_FALSE(product.ok());
  EXPECT_EQ(product.error().rule, "open.bound");
  EXPECT_FALSE(open::admits_total(format::sums_set(), 2, true));
  EXPECT_TRUE(open::admits_total(format::sums_set(), 257, false));
}

INSTANTIATE_TEST_SUITE_P(Sets, SmallerSet,
                         ::testing::Values(&format::narrow_set(), &format::sums_set()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace cryptonet::columns
