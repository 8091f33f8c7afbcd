// SPDX-License-Identifier: Apache-2.0
// The state on a real disk: what was committed is there after reopening, and what must never happen
// twice does not.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "gatekeeper/state/identities.h"
#include "gatekeeper/state/results.h"
#include "gatekeeper/state/uploads.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::ErrorCode;

class StateTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "cn_state_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto database = Database::create(file());
    ASSERT_TRUE(database.ok()) << base::describe(database.error());
    database_ = std::move(database).value();
    ASSERT_TRUE(Identities(*database_).enrol(enrolment("e1", "clinic"), 1, base::ok).ok());
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path file() const { return folder_ / "state.db"; }
  void reopen() {
    database_.reset();
    auto database = Database::open(file());
    ASSERT_TRUE(database.ok()) << base::describe(database.error());
    database_ = std::move(database).value();
  }
  static Enrolment enrolment(const std::string& id, const std::string& name) {
    return {id, name, EnrolmentRole::kContributor, {1, 2, 3}, false};
  }
  static Upload upload(std::uint8_t number, const std::string& dataset = "visits") {
    Upload made;
    made.id.bytes.fill(number);
    made.dataset = dataset;
    made.enrolment = "e1";
    made.manifest_digest.fill(number);
    made.rows = 100;
    return made;
  }
  static DatasetSchema schema(std::uint8_t number) {
    DatasetSchema made;
    made.tag.fill(number);
    made.sealed = {number};
    return made;
  }
  /// Receives and publishes; the version.
  std::uint64_t publish(std::uint8_t number, const std::string& dataset = "visits") {
    Uploads uploads(*database_);
    EXPECT_TRUE(uploads.receive(upload(number, dataset), 1).ok());
    auto published = uploads.publish(upload(number).id, schema(1), 10'000, 2);
    EXPECT_TRUE(published.ok());
    return published.ok() ? published->version : 0;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(StateTest, FileIsPrivateAndMadeOnce) {
  const auto mode = std::filesystem::status(file()).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = Database::create(file());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kLocalIo);
}

TEST_F(StateTest, RefusesStateOfANewerProgram) {
  ASSERT_TRUE(database_
                  ->write([](Connection& connection) {
                    return connection.run_script("PRAGMA user_version = 99");
                  })
                  .ok());
  database_.reset();
  const auto opened = Database::open(file());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().rule, "state.newer");
}

TEST_F(StateTest, RefusesADamagedFile) {
  database_.reset();
  std::filesystem::remove(file().string() + "-wal");
  FILE* damaged = std::fopen(file().c_str(), "r+b");
  ASSERT_NE(damaged, nullptr);
  for (int i = 0; i < 512; ++i) std::fputc('x', damaged);
  std::fclose(damaged);
  const auto opened = Database::open(file());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kIntegrity);
}

TEST_F(StateTest, EnrolmentRollsBackWhenItsFileCannotBeWritten) {
  Identities identities(*database_);
  const auto refused = identities.enrol(enrolment("e2", "bank"), 1, []() -> base::Status {
    return base::Error(ErrorCode::kLocalIo, "test", "disk full");
  });
  EXPECT_EQ(refused.error().code, ErrorCode::kLocalIo);
  EXPECT_FALSE(identities.find_enrolment_by_name("bank")->has_value());
  EXPECT_TRUE(identities.enrol(enrolment("e2", "bank"), 1, base::ok).ok());
  const auto taken = identities.enrol(enrolment("e3", "bank"), 1, base::ok);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().rule, "enrol.name_taken");
}

TEST_F(StateTest, WhatThrowsInATransactionIsUndoneAndBlocksNoOther) {
  const auto enrol_and_throw = [](Connection& connection) -> base::Status {
    CN_RETURN_IF_ERROR(connection.run_script("UPDATE enrolment SET name = 'half done'"));
    throw std::bad_alloc();
  };
  EXPECT_THROW(static_cast<void>(database_->write(enrol_and_throw).ok()), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(database_->read(enrol_and_throw).ok()), std::bad_alloc);
  Identities identities(*database_);
  EXPECT_TRUE(identities.find_enrolment_by_name("clinic")->has_value());
  EXPECT_TRUE(identities.enrol(enrolment("e2", "ward"), 1, base::ok).ok());
}

TEST_F(StateTest, RevocationOutlivesReopening) {
  Certificate certificate;
  certificate.hash.fill(7);
  certificate.enrolment = "e1";
  certificate.signing_key.emplace().fill(9);
  ASSERT_TRUE(Identities(*database_).add_certificate(certificate, 2).ok());
  ASSERT_TRUE(Identities(*database_).revoke("clinic", 3).ok());
  EXPECT_EQ(Identities(*database_).revoke("nobody", 3).error().rule, "enrolment.not_found");
  reopen();
  const auto principal = Identities(*database_).find_principal(certificate.hash);
  ASSERT_TRUE(principal.ok() && principal->has_value());
  EXPECT_TRUE((*principal)->enrolment.revoked);
  EXPECT_EQ((*principal)->certificate.signing_key, certificate.signing_key);
  EXPECT_EQ((*principal)->enrolment.sealed_secret, (base::Bytes{1, 2, 3}));
  base::Digest unknown{};
  EXPECT_FALSE(Identities(*database_).find_principal(unknown)->has_value());
}

TEST_F(StateTest, VersionNumbersAreNeverReused) {
  EXPECT_EQ(publish(1), 1U);
  EXPECT_EQ(publish(2), 2U);
  ASSERT_TRUE(Uploads(*database_).drop(upload(2).id, 5).ok());
  reopen();
  EXPECT_EQ(publish(3), 3U);
  ASSERT_TRUE(Uploads(*database_).drop(upload(1).id, 5).ok());
  ASSERT_TRUE(Uploads(*database_).drop(upload(3).id, 5).ok());
  EXPECT_TRUE(Uploads(*database_).live("visits")->empty());
  EXPECT_EQ(publish(4), 4U);
  EXPECT_EQ(publish(9, "other"), 1U);
}

TEST_F(StateTest, PublishingTwiceGivesOneVersion) {
  EXPECT_EQ(publish(1), 1U);
  EXPECT_EQ(publish(1), 1U);
  EXPECT_EQ(publish(2), 2U);
}

TEST_F(StateTest, DroppedUploadCannotComeBack) {
  EXPECT_EQ(publish(1), 1U);
  ASSERT_TRUE(Uploads(*database_).drop(upload(1).id, 5).ok());
  EXPECT_EQ(Uploads(*database_).receive(upload(1), 6).error().rule, "upload.dropped");
  EXPECT_EQ(Uploads(*database_).publish(upload(1).id, schema(1), 1000, 6).error().rule,
            "upload.dropped");
}

TEST_F(StateTest, PinsTheManifest) {
  EXPECT_EQ(publish(1), 1U);
  Upload other = upload(1);
  other.manifest_digest.fill(200);
  const auto refused = Uploads(*database_).receive(other, 6);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
}

TEST_F(StateTest, RefusesAnotherSchemaEvenWhenAllVersionsAreGone) {
  EXPECT_EQ(publish(1), 1U);
  ASSERT_TRUE(Uploads(*database_).drop(upload(1).id, 5).ok());
  ASSERT_TRUE(Uploads(*database_).receive(upload(2), 6).ok());
  const auto refused = Uploads(*database_).publish(upload(2).id, schema(77), 10'000, 7);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "upload.other_schema");
}

TEST_F(StateTest, CountsTheRowsOfLiveVersionsOnly) {
  Uploads uploads(*database_);
  EXPECT_EQ(publish(1), 1U);
  ASSERT_TRUE(uploads.receive(upload(2), 1).ok());
  const auto refused = uploads.publish(upload(2).id, schema(1), 199, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "upload.row_limit");
  ASSERT_TRUE(uploads.drop(upload(1).id, 3).ok());
  EXPECT_TRUE(uploads.publish(upload(2).id, schema(1), 199, 2).ok());
}

TEST_F(StateTest, FreezeIsOnDiskWhenItReturns) {
  EXPECT_EQ(publish(1), 1U);
  ASSERT_TRUE(Uploads(*database_).freeze(upload(1).id, 10).ok());
  // The files as they lie there now, without closing the writer: what a power cut would leave.
  const auto copy = folder_ / "copy.db";
  std::filesystem::copy_file(file(), copy);
  std::filesystem::copy_file(file().string() + "-wal", copy.string() + "-wal");
  auto after_cut = Database::open(copy);
  ASSERT_TRUE(after_cut.ok());
  EXPECT_TRUE((*Uploads(**after_cut).find(upload(1).id))->frozen);
  EXPECT_TRUE(Uploads(*database_).live("visits")->front().frozen);
  EXPECT_TRUE(*Uploads(*database_).unfreeze("visits", 1));
  EXPECT_FALSE(*Uploads(*database_).unfreeze("visits", 1));
  EXPECT_FALSE(Uploads(*database_).live("visits")->front().frozen);
  EXPECT_EQ(Uploads(*database_).unfreeze("visits", 2).error().code, ErrorCode::kBadInput);
}

TEST_F(StateTest, AwaitsAProofAfterEveryUnfreezing) {
  publish(1);
  publish(2);
  Uploads uploads(*database_);
  const auto awaits = [&](std::uint8_t number) {
    return (*uploads.find(upload(number).id))->awaits_proof();
  };
  EXPECT_FALSE(awaits(1));
  ASSERT_TRUE(uploads.freeze(upload(1).id, 10).ok());
  EXPECT_FALSE(awaits(1));
  EXPECT_TRUE(*uploads.unfreeze("visits", 1));
  EXPECT_TRUE(awaits(1));
  EXPECT_FALSE(awaits(2));
  EXPECT_EQ(uploads.live("visits")->front().unfreezes, 1U);
  ASSERT_TRUE(uploads.note_proof(upload(1).id, 1).ok());
  EXPECT_FALSE(awaits(1));
  // Also one that was not frozen: the custodian wants it looked at.
  EXPECT_FALSE(*uploads.unfreeze("visits", 1));
  EXPECT_FALSE(*uploads.unfreeze("visits", 1));
  EXPECT_TRUE(awaits(1));
  // A proof that was asked for before the last of them counts for the earlier ones alone.
  ASSERT_TRUE(uploads.note_proof(upload(1).id, 2).ok());
  EXPECT_TRUE(awaits(1));
  ASSERT_TRUE(uploads.note_proof(upload(1).id, 3).ok());
  ASSERT_TRUE(uploads.note_proof(upload(1).id, 2).ok());
  EXPECT_FALSE(awaits(1));
}

TEST_F(StateTest, DropForgetsTotalsAndAnswersAndRemembersTheCloud) {
  EXPECT_EQ(publish(1), 1U);
  Results results(*database_);
  const TotalName name{3, {1, 4}};
  base::Digest question{};
  ASSERT_TRUE(results.keep_totals(upload(1).id, {{name, {5, 6}}}).ok());
  ASSERT_TRUE(results.keep_answer(question, "visits", base::Bytes{1}, 4).ok());
  ASSERT_TRUE(Uploads(*database_).drop(upload(1).id, 5).ok());
  EXPECT_TRUE(results.find_totals(upload(1).id, {name})->front().empty());
  EXPECT_FALSE(results.find_answer(question)->has_value());
  EXPECT_EQ(*Uploads(*database_).pending_deletions(), std::vector<UploadId>{upload(1).id});
  // A question that was running when the version was dropped leaves nothing behind.
  ASSERT_TRUE(results.keep_totals(upload(1).id, {{name, {5, 6}}}).ok());
  EXPECT_TRUE(results.find_totals(upload(1).id, {name})->front().empty());
  ASSERT_TRUE(Uploads(*database_).deletion_done(upload(1).id).ok());
  EXPECT_TRUE(Uploads(*database_).pending_deletions()->empty());
}

TEST_F(StateTest, KeepsNoMoreAnswersThanItMay) {
  Results results(*database_);
  const auto question = [](std::size_t number) {
    base::Digest digest{};
    digest[0] = static_cast<std::uint8_t>(number >> 8);
    digest[1] = static_cast<std::uint8_t>(number);
    return digest;
  };
  constexpr std::size_t kMore = 3;
  for (std::size_t i = 0; i < kMaxKeptAnswers + kMore; ++i) {
    const auto time = static_cast<std::int64_t>(i);
    ASSERT_TRUE(results.keep_answer(question(i), "visits", base::Bytes{1}, time).ok());
  }
  for (std::size_t i = 0; i < kMore; ++i) {
    EXPECT_FALSE(results.find_answer(question(i))->has_value());
  }
  EXPECT_TRUE(results.find_answer(question(kMore))->has_value());
  EXPECT_TRUE(results.find_answer(question(kMaxKeptAnswers + kMore - 1))->has_value());
  const base::Digest large = question(60000);
  ASSERT_TRUE(
      results.keep_answer(large, "visits", base::Bytes(kMaxKeptAnswerBytes + 1), 1 << 20).ok());
  EXPECT_FALSE(results.find_answer(large)->has_value());
}

TEST_F(StateTest, KeepsTheFirstTotalAndTellsPairsApart) {
  EXPECT_EQ(publish(1), 1U);
  Results results(*database_);
  const TotalName product{0, {1, 4}};
  const TotalName single{0, {1, columns::format::kNoColumn}};
  ASSERT_TRUE(results.keep_totals(upload(1).id, {{product, {5}}, {single, {6}}}).ok());
  ASSERT_TRUE(results.keep_totals(upload(1).id, {{product, {9}}}).ok());
  reopen();
  const auto found = Results(*database_).find_totals(upload(1).id, {single, {1, {1, 4}}, product});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, (std::vector<base::Bytes>{{6}, {}, {5}}));
}

TEST_F(StateTest, ReaderSeesWholeCommitsWhileAnotherConnectionWrites) {
  auto second = Database::open(file());
  ASSERT_TRUE(second.ok());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint8_t i = 1; i <= 40; ++i) publish(i);
    done = true;
  });
  std::size_t last = 0;
  while (!done) {
    const auto live = Uploads(**second).live("visits");
    ASSERT_TRUE(live.ok()) << base::describe(live.error());
    ASSERT_GE(live->size(), last);
    last = live->size();
    for (std::size_t i = 0; i < last; ++i) ASSERT_EQ((*live)[i].version, i + 1);
  }
  writer.join();
  EXPECT_EQ(Uploads(**second).live("visits")->size(), 40U);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::state
