// SPDX-License-Identifier: Apache-2.0
// The computation against sums of whole columns made by the test, and against requests that must
// not be answered.
#include "cloud/compute/totals.h"

#include <atomic>
#include <thread>

#include "cloud/store/store_testing.h"

namespace cryptonet::cloud::compute {
namespace {

using base::ErrorCode;
using columns::UploadForTest;
using columns::format::ColumnPair;
using columns::format::kNoColumn;
using columns::format::Residues;
using columns::format::TotalsRequest;

/// Two units; the first has more than one segment to a column, and more chunks than one task.
const UploadForTest& upload() {
  static const UploadForTest made = columns::make_upload(
      columns::usual_plans(),
      {columns::random_rows(std::size_t{66} * 8192 + 5, 1), columns::random_rows(100, 2)}, 7);
  return made;
}

class TotalsTest : public testing::Test {
 protected:
  TotalsTest() : store_(store::open_store(folder_.path()).value()) {
    store::put_all(*store_, upload());
    totals_ = std::make_unique<Totals>(*store_, 2);
  }
  TotalsRequest request(std::vector<std::uint32_t> units, std::vector<ColumnPair> pairs) const {
    return {upload().body.upload, upload().manifest->digest(), std::move(units), std::move(pairs)};
  }
  base::Result<std::vector<Residues>> ask(const TotalsRequest& request, Work* work = nullptr) {
    Work unused;
    CN_ASSIGN(const base::Bytes reply,
              totals_->answer(upload().body.upload, columns::format::write_totals_request(request),
                              work == nullptr ? unused : *work));
    return columns::format::parse_totals_reply(upload().manifest->parameters(), request, reply);
  }
  /// The total as the definition says, blinded under the store's own secret.
  Residues expected(std::uint32_t unit, const ColumnPair& pair) const {
    const auto& set = upload().manifest->parameters();
    const auto left = upload().views(unit, pair.left);
    std::vector<base::ByteView> right;
    if (pair.right != kNoColumn) right = upload().views(unit, pair.right);
    return columns::total::blind(set, store_->secret(), upload().body.upload,
                                 upload().body.units[unit].id, pair,
                                 columns::total::partial_total(set, left, right));
  }
  std::string rule_of(const TotalsRequest& request) {
    const auto answer = ask(request);
    return answer.ok() ? "answered" : answer.error().rule;
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Totals> totals_;
};

TEST_F(TotalsTest, EqualTheDefinition) {
  const std::vector<ColumnPair> pairs = {{0, 0}, {0, 2}, {0, 3},        {0, kNoColumn},
                                         {1, 2}, {2, 3}, {3, kNoColumn}};
  Work work;
  const auto answer = ask(request({0, 1}, pairs), &work);
  ASSERT_TRUE(answer.ok()) << describe(answer.error());
  for (std::uint32_t unit = 0; unit < 2; ++unit) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      EXPECT_EQ((*answer)[unit * pairs.size() + p], expected(unit, pairs[p])) << unit << " " << p;
    }
  }
  EXPECT_EQ(work.totals, 14U);
  EXPECT_EQ(work.computed, 14U);
  // One that was kept, one that is new; a restart computes both again to the same numbers.
  const auto mixed = request({1}, {{0, 2}, {0, 4}});
  const auto first = ask(mixed, &work).value();
  EXPECT_EQ(work.computed, 15U);
  totals_ = std::make_unique<Totals>(*store_, 1);
  EXPECT_EQ(ask(mixed).value(), first);
  // With no room to keep any, the same numbers are computed each time.
  totals_ = std::make_unique<Totals>(*store_, 2, 0);
  for (int i = 1; i <= 2; ++i) {
    Work anew;
    EXPECT_EQ(ask(mixed, &anew).value(), first);
    EXPECT_EQ(anew.computed, 2U);
  }
}

TEST_F(TotalsTest, AreForgottenWithTheirProofsWhenAskedToProveAnew) {
  const auto asked = request({1}, {{0, 2}, {0, 3}});
  const std::vector<Residues> truth = {expected(1, {0, 2}), expected(1, {0, 3})};
  EXPECT_EQ(ask(request({0, 1}, {{0, 0}, {2, 3}})).value().size(), 4U);  // proves the segments
  const base::Digest name = upload().body.units[1].segments[2][0];
  const auto path = folder_.path() / "segments" / base::to_hex(name);
  store::rot_bit(path, 5000);
  // Proved before, so nobody looks again: one total is wrong, is kept, and outlives the repair.
  const auto wrong = ask(asked).value();
  EXPECT_NE(wrong[0], truth[0]);
  EXPECT_EQ(wrong[1], truth[1]);
  TotalsRequest anew = asked;
  anew.prove_anew = true;
  EXPECT_EQ(rule_of(anew), "store.segment_damaged");
  EXPECT_EQ(rule_of(request({1}, {{0, 2}})), "store.segment_damaged");
  EXPECT_EQ(store_->status(upload().body.upload).missing, std::vector<base::Digest>{name});
  // Put right in its place: found when asked to look again, and then nothing is wrong any more.
  store::rot_bit(path, 5000);
  EXPECT_EQ(rule_of(request({1}, {{0, 2}})), "store.segment_damaged");
  Work work;
  EXPECT_EQ(ask(anew, &work).value(), truth);
  EXPECT_TRUE(work.proved_anew);
  EXPECT_EQ(work.computed, 2U);
  EXPECT_EQ(ask(asked, &work).value(), truth);
  EXPECT_EQ(work.computed, 2U);  // kept again
  // Of the other unit nothing was kept either, and all numbers are as before: the same blinding.
  Work other;
  EXPECT_EQ(ask(request({0}, {{0, 0}}), &other).value(),
            std::vector<Residues>{expected(0, {0, 0})});
  EXPECT_EQ(other.computed, 1U);
}

TEST_F(TotalsTest, OfASegmentSentAgainAreRightWhenAskedToProveAnew) {
  const base::Digest name = upload().body.units[1].segments[0][0];
  EXPECT_EQ(rule_of(request({1}, {{0, 0}})), "answered");
  store::rot_bit(folder_.path() / "segments" / base::to_hex(name), 5000);
  const auto send = [&] {
    return *store_->put_segment(upload().body.upload, name, upload().segment_file(1, 0, 0));
  };
  EXPECT_TRUE(send());  // it passes for being there
  TotalsRequest anew = request({1}, {{0, 0}, {0, 1}});
  anew.prove_anew = true;
  EXPECT_EQ(rule_of(anew), "store.segment_damaged");
  EXPECT_FALSE(send());
  EXPECT_EQ(ask(anew).value(), (std::vector<Residues>{expected(1, {0, 0}), expected(1, {0, 1})}));
}

TEST_F(TotalsTest, AreTheSameForManyWhoAskToProveAnewAtOnce) {
  TotalsRequest anew = request({0, 1}, {{0, 2}});
  anew.prove_anew = true;
  const std::vector<Residues> truth = {expected(0, {0, 2}), expected(1, {0, 2})};
  std::atomic<int> right = 0;
  std::atomic<int> proved = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      TotalsRequest mine = anew;
      mine.prove_anew = i % 4 != 0;
      Work work;
      const auto answer = ask(mine, &work);
      if (answer.ok() && *answer == truth) ++right;
      if (work.proved_anew) ++proved;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_GE(proved, 1);
  EXPECT_LE(proved, 6);
  EXPECT_EQ(ask(anew).value(), truth);
}

TEST(TotalsOfSums, RefuseProducts) {
  static const UploadForTest sums = columns::make_upload(
      columns::two_check_plans(), {columns::random_rows(90, 3)}, 3, 2, columns::format::sums_set());
  const store::TestFolder folder;
  const auto store = store::open_store(folder.path()).value();
  store::put_all(*store, sums);
  Totals totals(*store, 1);
  const auto ask = [&](std::vector<ColumnPair> pairs) {
    Work work;
    const TotalsRequest asked{sums.body.upload, sums.manifest->digest(), {0}, std::move(pairs)};
    return totals.answer(sums.body.upload, columns::format::write_totals_request(asked), work);
  };
  for (const std::vector<ColumnPair>& pairs :
       {std::vector<ColumnPair>{{0, 3}}, {{2, 2}}, {{0, 3}, {0, kNoColumn}}}) {
    const auto refused = ask(pairs);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
    EXPECT_EQ(refused.error().rule, "totals.products");
  }
  const auto ledger = store->ledger(store->find(sums.body.upload).value()).value();
  EXPECT_EQ(ledger->answered(0), 0U);
  EXPECT_TRUE(ask({{0, kNoColumn}, {3, kNoColumn}}).ok());
  EXPECT_EQ(ledger->answered(0), 2U);
}

TEST_F(TotalsTest, RefuseWhatTheManifestDoesNotHave) {
  EXPECT_EQ(rule_of(request({2}, {{0, 1}})), "totals.unit");
  EXPECT_EQ(rule_of(request({0, 9999}, {{0, 1}})), "totals.unit");
  EXPECT_EQ(rule_of(request({0}, {{0, 5}})), "totals.column");
  EXPECT_EQ(rule_of(request({0}, {{4095, kNoColumn}})), "totals.column");
  TotalsRequest other_manifest = request({0}, {{0, 1}});
  other_manifest.manifest_digest[0] ^= 1;
  EXPECT_EQ(rule_of(other_manifest), "totals.manifest");
  TotalsRequest other_upload = request({0}, {{0, 1}});
  other_upload.upload.bytes[0] ^= 1;
  EXPECT_EQ(rule_of(other_upload), "totals.upload");
  const auto ledger = store_->ledger(store_->find(upload().body.upload).value()).value();
  EXPECT_EQ(ledger->answered(0), 0U);
}

TEST_F(TotalsTest, RefuseHostileRequests) {
  // Units and pairs that are doubled, unordered, swapped or missing; then every cut and every bit.
  for (const TotalsRequest& bad :
       {request({0, 0}, {{0, 1}}), request({1, 0}, {{0, 1}}), request({0}, {{1, 0}}),
        request({0}, {{0, 1}, {0, 1}}), request({0}, {{0, 2}, {0, 1}}), request({}, {{0, 1}}),
        request({0}, {}), request({0}, {{kNoColumn, kNoColumn}})}) {
    EXPECT_FALSE(ask(bad).ok());
  }
  const base::Bytes good = columns::format::write_totals_request(request({1}, {{0, 1}, {0, 2}}));
  Work work;
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(
        totals_->answer(upload().body.upload, base::ByteView(good).first(size), work).ok());
  }
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    base::Bytes flipped = good;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    const auto answer = totals_->answer(upload().body.upload, flipped, work);
    if (!answer.ok()) continue;
    // Another well-formed question: it must be one over this manifest, and noted.
    const auto parsed = columns::format::parse_totals_request(flipped).value();
    EXPECT_EQ(parsed.manifest_digest, upload().manifest->digest());
    for (const ColumnPair& pair : parsed.pairs) {
      EXPECT_TRUE(pair.right < 5 || pair.right == kNoColumn);
    }
  }
  const auto ledger = store_->ledger(store_->find(upload().body.upload).value()).value();
  EXPECT_LE(ledger->answered(1), upload().body.units[1].cap_of_totals);
}

TEST_F(TotalsTest, RefuseAQuestionBeyondTheCapAlsoAfterARestart) {
  // The same chunks under another upload id and a small cap, signed anew.
  UploadForTest renamed;
  renamed.chunks = upload().chunks;
  renamed.body = upload().body;
  columns::format::ManifestBody& body = renamed.body;
  body.upload.bytes[0] ^= 1;
  body.units[1].cap_of_totals = 3;
  for (std::uint32_t u = 0; u < 2; ++u) {
    for (std::uint32_t c = 0; c < 5; ++c) {
      for (std::uint32_t i = 0; i < body.units[u].segments[c].size(); ++i) {
        body.units[u].segments[c][i] = base::sha256(renamed.segment_file(u, c, i));
      }
    }
  }
  renamed.manifest = columns::format::Manifest::sign(body, upload().signing_key).value();
  store::put_all(*store_, renamed);
  const auto question = [&](std::vector<ColumnPair> pairs) {
    Work work;
    const TotalsRequest asked{body.upload, renamed.manifest->digest(), {1}, std::move(pairs)};
    return totals_->answer(body.upload, columns::format::write_totals_request(asked), work);
  };
  EXPECT_TRUE(question({{0, 0}, {0, 1}}).ok());
  EXPECT_EQ(question({{0, 2}, {0, 3}}).error().rule, "ledger.cap_of_totals");
  EXPECT_EQ(question({{0, 2}, {0, 3}}).error().code, ErrorCode::kRefused);
  EXPECT_TRUE(question({{0, 0}, {0, 2}}).ok());
  totals_.reset();
  store_.reset();
  store_ = store::open_store(folder_.path()).value();
  totals_ = std::make_unique<Totals>(*store_, 2);
  EXPECT_EQ(question({{0, 3}}).error().rule, "ledger.cap_of_totals");
  EXPECT_TRUE(question({{0, 0}, {0, 1}, {0, 2}}).ok());
  // Deleting and sending it again does not give the cap back.
  ASSERT_TRUE(store_->remove(body.upload).ok());
  EXPECT_EQ(question({{0, 0}}).error().rule, "store.upload_not_found");
  store::put_all(*store_, renamed);
  EXPECT_EQ(question({{0, 3}}).error().rule, "ledger.cap_of_totals");
}

TEST_F(TotalsTest, RefuseIncompleteAndDamagedColumns) {
  const base::Digest name = upload().body.units[1].segments[2][0];
  totals_.reset();
  store_.reset();
  const auto path = folder_.path() / "segments" / base::to_hex(name);
  store::flip_bit(path, 5000);
  store_ = store::open_store(folder_.path()).value();
  totals_ = std::make_unique<Totals>(*store_, 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(rule_of(request({1}, {{0, 2}})), "store.segment_damaged");
  }
  EXPECT_EQ(rule_of(request({1}, {{0, 1}})), "answered");
  ASSERT_TRUE(store_->put_segment(upload().body.upload, name, upload().segment_file(1, 2, 0)).ok());
  EXPECT_EQ(rule_of(request({1}, {{0, 2}})), "answered");
  totals_.reset();
  store_.reset();
  std::filesystem::remove(path);
  store_ = store::open_store(folder_.path()).value();
  totals_ = std::make_unique<Totals>(*store_, 2);
  EXPECT_EQ(rule_of(request({1}, {{0, 2}})), "totals.incomplete");
}

TEST_F(TotalsTest, GiveNothingWhenTheLedgerCannotBeWritten) {
  totals_.reset();
  store_.reset();
  store::FaultyFiles files;
  store_ = store::open_store(folder_.path(), files).value();
  totals_ = std::make_unique<Totals>(*store_, 2);
  files.space = 10;
  const auto answer = ask(request({1}, {{0, 1}}));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kLocalIo);
  files.space = 1 << 20;
  EXPECT_TRUE(ask(request({1}, {{0, 1}})).ok());
}

}  // namespace
}  // namespace cryptonet::cloud::compute
