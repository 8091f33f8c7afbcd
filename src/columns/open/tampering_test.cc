// SPDX-License-Identifier: Apache-2.0
// What a lying cloud can send, and that every lie gets the one uniform error. Beside it, the attack
// that shapes the gatekeeper: succeeding on plain BGV, and without an entrance here.
#include <gtest/gtest.h>

#include <type_traits>

#include "columns/open/upload_testing.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns {
namespace {

using format::Residues;

const UploadForTest& honest() {
  static const UploadForTest upload =
      make_upload(usual_plans(), {random_rows(20000, 81), random_rows(20000, 82)}, 81);
  return upload;
}

void expect_refused(const base::Result<std::int64_t>& opened) {
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, base::ErrorCode::kIntegrity);
  EXPECT_EQ(base::describe(opened.error()), base::describe(open::opening_refused()));
}

/// number + N * amount, for a whole number `amount`: shifts the phase by it.
Residues shifted(const Residues& number, const he::bgv::Integer& amount) {
  const auto& set = format::wide_set();
  Residues result{};
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const he::arith::Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    he::bgv::Integer residue = amount * set.ring_degree() % modulus.value();
    if (residue < 0) residue += modulus.value();
    result[j] = modulus.add(number[j], static_cast<std::uint64_t>(residue));
  }
  return result;
}

/// What the cloud would answer over other chunks than the honest ones.
Residues total_over(const UploadForTest& upload, const format::ColumnPair& named,
                    std::span<const base::ByteView> left, std::span<const base::ByteView> right) {
  return total::blind(format::wide_set(), upload.cloud_secret, upload.body.upload,
                      upload.body.units[0].id, named,
                      total::partial_total(format::wide_set(), left, right));
}

TEST(LyingCloud, IsRefusedWhenItAddsAConstant) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  const Residues total = upload.cloud(0, pair.value());
  const Residues check = upload.cloud(0, pair.check());
  std::mt19937_64 engine(83);
  const he::arith::Modulus t(format::wide_set().bgv.plaintext_modulus());
  const std::uint64_t per_row = t.invert(format::wide_set().ring_degree());
  for (int i = 0; i < 100; ++i) {
    // exactly +delta to the total: +delta/N mod t to the phase
    const std::uint64_t delta = i < 10 ? static_cast<std::uint64_t>(i) + 1 : engine() % t.value();
    const he::bgv::Integer amount = t.multiply(delta, per_row);
    expect_refused(upload.open_with(0, pair, shifted(total, amount), check));
    expect_refused(upload.open_with(0, pair, total, shifted(check, amount)));
    expect_refused(upload.open_with(0, pair, shifted(total, amount), shifted(check, amount)));
  }
}

TEST(LyingCloud, MayAddMultiplesOfTWithoutChangingTheAnswer) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  const std::int64_t answer = *upload.answer(0, pair);
  const std::uint64_t t = format::wide_set().bgv.plaintext_modulus();
  for (const int multiple : {-1000, -1, 1, 77}) {
    const auto opened = upload.open_with(
        0, pair, shifted(upload.cloud(0, pair.value()), he::bgv::Integer(t) * multiple),
        upload.cloud(0, pair.check()));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, answer);
  }
  // but not beyond the bound and the blinding: an eighth of q each way
  const he::bgv::Integer quarter =
      he::bgv::product_of(format::wide_set().bgv.ciphertext_moduli()) / 3;
  expect_refused(upload.open_with(0, pair, shifted(upload.cloud(0, pair.value()), quarter / t * t),
                                  upload.cloud(0, pair.check())));
}

TEST(LyingCloud, IsRefusedWhenItSendsArbitraryNumbers) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  expect_refused(upload.open_with(0, pair, {}, {}));
  std::mt19937_64 engine(84);
  for (int i = 0; i < 200; ++i) {
    Residues total{};
    Residues check{};
    for (std::size_t j = 0; j < 3; ++j) {
      total[j] = engine() % format::wide_set().bgv.ciphertext_moduli()[j];
      check[j] = engine() % format::wide_set().bgv.ciphertext_moduli()[j];
    }
    expect_refused(upload.open_with(0, pair, total, check));
    expect_refused(upload.open_with(0, pair, upload.cloud(0, pair.value()), check));
  }
}

TEST(LyingCloud, IsRefusedWhenItSwapsColumns) {
  const UploadForTest& upload = honest();
  const open::CheckedPair asked = product_of(kX, kIndicator);
  const open::CheckedPair other = product_of(kWeight, kIndicator);
  // consistently in both the total and its check
  expect_refused(
      upload.open_with(0, asked, upload.cloud(0, other.value()), upload.cloud(0, other.check())));
  expect_refused(
      upload.open_with(0, asked, upload.cloud(0, asked.value()), upload.cloud(0, asked.value())));
  expect_refused(
      upload.open_with(0, asked, upload.cloud(0, asked.check()), upload.cloud(0, asked.value())));
  const open::CheckedPair sum = sum_of(kX);
  expect_refused(
      upload.open_with(0, asked, upload.cloud(0, sum.value()), upload.cloud(0, sum.check())));
}

/// Both totals over chunks that `change` spoils in the same way on both sides and in the check.
void expect_refused_over(
    const std::function<void(std::vector<base::ByteView>&, std::vector<base::ByteView>&)>& change) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  auto left = upload.views(0, kX);
  auto right = upload.views(0, kIndicator);
  auto check_left = upload.views(0, kXCheck);
  auto check_right = right;
  change(left, right);
  change(check_left, check_right);
  expect_refused(upload.open_with(0, pair, total_over(upload, pair.value(), left, right),
                                  total_over(upload, pair.check(), check_left, check_right)));
}

TEST(LyingCloud, IsRefusedWhenItDropsDuplicatesOrPermutesChunks) {
  using Views = std::vector<base::ByteView>;
  const std::size_t chunks = honest().body.units[0].chunks;
  for (std::size_t k = 0; k < chunks; ++k) {  // the mask chunk included
    expect_refused_over([&](Views& left, Views& right) {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(k));
      right.erase(right.begin() + static_cast<std::ptrdiff_t>(k));
    });
    expect_refused_over([&](Views& left, Views& right) {
      left.push_back(left[k]);
      right.push_back(right[k]);
    });
    expect_refused_over([&](Views& left, Views&) { std::swap(left[k], left[(k + 1) % chunks]); });
    expect_refused_over([&](Views& left, Views& right) {
      left = {left[k]};
      right = {right[k]};
    });
  }
}

TEST(LyingCloud, IsRefusedForAnotherUnitOrUpload) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  expect_refused(
      upload.open_with(0, pair, upload.cloud(1, pair.value()), upload.cloud(1, pair.check())));
  const UploadForTest old_version =
      make_upload(usual_plans(), {random_rows(20000, 81), random_rows(20000, 82)}, 85);
  expect_refused(upload.open_with(0, pair, old_version.cloud(0, pair.value()),
                                  old_version.cloud(0, pair.check())));
  const auto both = total::merge(format::wide_set(), upload.cloud(0, pair.value()),
                                 upload.cloud(1, pair.value()));
  expect_refused(upload.open_with(0, pair, both, upload.cloud(0, pair.check())));
}

TEST(LyingCloud, IsRefusedWhenAWordIsChanged) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = product_of(kX, kIndicator);
  std::mt19937_64 engine(86);
  for (int i = 0; i < 60; ++i) {
    base::Bytes chunk = upload.chunks[0][kX][0];
    const std::size_t bit = engine() % (8 * chunk.size());
    chunk[bit / 8] = static_cast<std::uint8_t>(chunk[bit / 8] ^ (1U << bit % 8));
    auto left = upload.views(0, kX);
    left[0] = chunk;
    expect_refused(upload.open_with(
        0, pair, total_over(upload, pair.value(), left, upload.views(0, kIndicator)),
        upload.cloud(0, pair.check())));
  }
}

TEST(Opening, RefusesAnAnswerOutsideTheSchemasRange) {
  const UploadForTest& upload = honest();
  const open::CheckedPair pair = sum_of(kWeight);
  const Residues total = upload.cloud(0, pair.value());
  const Residues check = upload.cloud(0, pair.check());
  EXPECT_EQ(*upload.open_with(0, pair, total, check, {0, 20000}), 20000);
  expect_refused(upload.open_with(0, pair, total, check, {0, 19999}));
  expect_refused(upload.open_with(0, pair, total, check, {20001, 30000}));
}

TEST(Opening, RefusesChangedHintsAndUnknownPairs) {
  const UploadForTest& upload = honest();
  base::Bytes hints = upload.hint_files[0];
  hints[format::kHintHeaderBytes + 5] ^= 1;
  EXPECT_FALSE(upload.opener->key_part(0, format::make_pair(0, 1), hints).ok());
  EXPECT_FALSE(upload.opener->key_part(0, format::make_pair(0, 1), upload.hint_files[1]).ok());
  EXPECT_FALSE(upload.opener->key_part(2, format::make_pair(0, 1), upload.hint_files[0]).ok());
  EXPECT_FALSE(upload.opener->key_part(0, format::make_pair(0, 9), upload.hint_files[0]).ok());
  EXPECT_FALSE(upload.opener->key_part(0, format::make_pair(9), upload.hint_files[0]).ok());
  EXPECT_TRUE(upload.opener->key_part(0, format::make_pair(0), upload.hint_files[0]).ok());
}

/// Plain BGV decryption of (c0, c1): the centred coefficients of c0 + c1*s modulo one prime.
std::vector<std::int64_t> decrypt_plain(const he::ring::Ring& ring,
                                        const he::secret::TernarySecret& secret,
                                        const he::ring::NttPoly& c0, const he::ring::NttPoly& c1) {
  const he::arith::Modulus& q = ring.modulus(0);
  std::vector<std::uint64_t> phase(ring.ring_degree());
  for (std::size_t i = 0; i < phase.size(); ++i) {
    phase[i] = q.add(c0.residue(0)[i], q.multiply(c1.residue(0)[i], secret.poly().residue(0)[i]));
  }
  ring.table(0).inverse(phase);
  std::vector<std::int64_t> coefficients;
  for (const std::uint64_t word : phase) coefficients.push_back(q.centre(word));
  return coefficients;
}

TEST(DecryptionOracle, GivesTheWholeKeyOfPlainBgvAtOnce) {
  const he::ring::Ring& ring = keys::ring_of(format::wide_set());
  std::array<std::uint8_t, 32> seed{};
  he::ring::KeyStream stream(seed);
  const auto secret = he::secret::TernarySecret::sample(ring, stream);
  const he::ring::NttPoly c0(ring);
  he::ring::NttPoly c1(ring);
  std::fill(c1.words().begin(), c1.words().end(), 1);  // the constant 1, transformed
  const auto plaintext = decrypt_plain(ring, secret, c0, c1);
  std::vector<std::int8_t> guess(plaintext.begin(), plaintext.end());
  const auto recovered = he::ring::transform_signed(ring, guess);
  EXPECT_TRUE(std::equal(recovered.words().begin(), recovered.words().end(),
                         secret.poly().words().begin()));
}

TEST(DecryptionOracle, HasNoEntranceHere) {
  // All that an opening takes from the cloud are lists of one number per prime.
  using Open = base::Result<std::int64_t> (open::UploadOpener::*)(
      std::uint32_t, const open::CheckedPair&, const open::MaskedNumber&,
      std::span<const open::MaskedNumber>, const open::IntegerRange&) const;
  static_assert(std::is_same_v<decltype(&open::UploadOpener::open_checked), Open>);
  static_assert(sizeof(Residues) == 3 * sizeof(std::uint64_t));
  static_assert(sizeof(open::MaskedNumber) == 2 * sizeof(Residues));
  // And a number can only add: under two different keys the same lie shifts the phase alike, so
  // what a multiple of t does to the answer (nothing) does not depend on the key.
  const UploadForTest other = make_upload(usual_plans(), {random_rows(20000, 81)}, 87);
  const open::CheckedPair pair = sum_of(kX);
  const he::bgv::Integer multiple =
      he::bgv::Integer(format::wide_set().bgv.plaintext_modulus()) * 12345;
  for (const UploadForTest* upload : {&honest(), &other}) {
    const auto opened = upload->open_with(
        0, pair, shifted(upload->cloud(0, pair.value()), multiple), upload->cloud(0, pair.check()));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, *upload->answer(0, pair));
  }
}

}  // namespace
}  // namespace cryptonet::columns
