// SPDX-License-Identifier: Apache-2.0
// The log on disks that fail, over restarts and crashes, from many threads and from two processes'
// worth of objects at once.
#include "gatekeeper/audit/log_testing.h"

namespace cryptonet::gatekeeper::audit {
namespace {

TEST_F(LogTest, GoesOnOverRestartsAndSegments) {
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto log = open();
    for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(log->record(event(round * 10 + i)).ok());
  }
  expect_sound(50);
  EXPECT_GT(list_segments(folder_ / "audit")->size(), 3U);
  const auto log = open();
  const auto head = log->head();
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->sequence, 50U);
  const auto page = log->read(1, 1000, 1 << 20);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->lines.size(), 50U);
  EXPECT_EQ(page->next, 51U);
  const auto some = log->read(17, 5, 1 << 20);
  ASSERT_EQ(some->lines.size(), 5U);
  EXPECT_EQ(cryptonet::audit::parse_record(some->lines.front())->record.sequence, 17U);
  EXPECT_EQ(log->read(51, 5, 1 << 20)->lines.size(), 0U);
}

TEST_F(LogTest, FilesAreForTheirOwnerAlone) {
  ASSERT_TRUE(open()->record(event(1)).ok());
  for (const auto& entry : fs::directory_iterator(folder_ / "audit")) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(fs::status(folder_ / "audit").permissions(), fs::perms::owner_all);
}

TEST_F(LogTest, ManyThreadsShareTurnsAtTheDisk) {
  const auto log = open();
  constexpr std::uint64_t kThreads = 16;
  constexpr std::uint64_t kEach = 50;
  const int before = disk_.steps;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        EXPECT_TRUE(log->record(event(thread * kEach + i)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Four steps for every batch: write and sync records, write and sync the head.
  EXPECT_LT(disk_.steps - before, static_cast<int>(4 * kThreads * kEach / 2));
  expect_sound(kThreads * kEach);
}

TEST_F(LogTest, AThousandAtOnceDoNotWaitForAThousandSyncs) {
  auto log_options = options();
  log_options.segment_bytes = 8 << 20;
  const auto log = try_open(log_options);
  ASSERT_TRUE(log.ok());
  constexpr int kWaiting = 1000;
  std::mutex mutex;
  std::condition_variable all_there;
  bool go = false;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kWaiting; ++thread) {
    threads.emplace_back([&, thread] {
      {
        std::unique_lock lock(mutex);
        all_there.wait(lock, [&] { return go; });
      }
      EXPECT_TRUE((*log)->record(event(static_cast<std::uint64_t>(thread))).ok());
    });
  }
  const int before = disk_.steps;
  const auto begun = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  all_there.notify_all();
  for (std::thread& thread : threads) thread.join();
  const auto took = std::chrono::steady_clock::now() - begun;
  const int batches = (disk_.steps - before) / 4;
  EXPECT_LT(batches, kWaiting / 4);
  std::printf(
      "1000 records that waited together: %d batches, %lld ms\n", batches,
      static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  expect_sound(kWaiting);
}

TEST_F(LogTest, TwoWritersTakeTurns) {
  const auto server = open();
  const auto command = open();
  std::vector<std::thread> threads;
  for (Log* log : {server.get(), command.get()}) {
    threads.emplace_back([log] {
      for (std::uint64_t i = 0; i < 100; ++i) EXPECT_TRUE(log->record(event(i)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect_sound(200);
}

TEST_F(LogTest, WaitsForAnotherWriterAndGivesUp) {
  auto log_options = options();
  log_options.patience = std::chrono::milliseconds(30);
  const auto log = try_open(log_options);
  ASSERT_TRUE(log.ok());
  const auto held = Turn::take(folder_ / "audit" / "lock", std::chrono::milliseconds(0));
  ASSERT_TRUE(held.ok());
  const auto refused = (*log)->record(event(1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLocalIo);
  EXPECT_EQ(refused.error().rule, "audit.busy");
}

TEST_F(LogTest, AFailedStepIsToldAndLeavesNoTrace) {
  using Fault = FaultyDisk::Fault;
  const auto log = open();
  std::uint64_t good = 0;
  for (const Fault fault : {Fault::kFull, Fault::kTornFull, Fault::kSyncFails}) {
    for (int step = 0; step < 4; ++step) {
      ASSERT_TRUE(log->record(event(++good)).ok());
      disk_.countdown = step;
      disk_.fault = fault;
      const auto refused = log->record({event(900), event(901)});
      ASSERT_FALSE(refused.ok()) << step;
      EXPECT_EQ(refused.error().code, ErrorCode::kLocalIo);
      EXPECT_EQ(refused.error().rule, "audit.disk");
      expect_sound(good);
    }
  }
  ASSERT_TRUE(log->record(event(++good)).ok());
  expect_sound(good);
}

TEST_F(LogTest, RefusesEverythingUntilTheDiskWorksAgain) {
  using Fault = FaultyDisk::Fault;
  for (int step = 0; step < 4; ++step) {
    auto log = open();
    const std::uint64_t before = log->head()->sequence;
    ASSERT_TRUE(log->record(event(1)).ok());
    disk_.countdown = step;
    disk_.fault = Fault::kDeadAfterSync;
    EXPECT_FALSE(log->record(event(2)).ok());
    EXPECT_FALSE(log->record(event(3)).ok());
    EXPECT_FALSE(log->record(event(4)).ok());
    disk_.mend();
    ASSERT_TRUE(log->record(event(5)).ok());
    // What failed may stand in the log where it was whole; nothing that was acknowledged is gone.
    const auto report = verify();
    EXPECT_TRUE(report.findings.empty()) << cryptonet::audit::describe(report.findings.front());
    EXPECT_GE(report.records, before + 2);
    EXPECT_LE(report.records, before + 3);
  }
}

TEST_F(LogTest, CutsATornEndThatWasNeverAcknowledged) {
  ASSERT_TRUE(open()->record(event(1)).ok());
  const std::string whole = text_of(last_segment());
  std::string line;
  {  // what the next record looks like
    ASSERT_TRUE(open()->record(event(2)).ok());
    line = text_of(last_segment()).substr(whole.size());
  }
  fs::remove_all(folder_ / "audit");
  database_.reset();
  fs::remove(folder_ / "state.db");
  database_ = *state::Database::create(folder_ / "state.db");
  ASSERT_TRUE(open()->record(event(1)).ok());
  const std::string first = text_of(last_segment());
  for (const std::string& torn :
       {std::string("{"), line.substr(0, 100), std::string(300, '\0'), std::string("\n\n"),
        std::string(100, '\0') + "\n", std::string("{}\n")}) {
    rewrite(last_segment(), first + torn);
    const auto log = open();
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->head()->sequence, 1U);
    EXPECT_EQ(text_of(last_segment()), first);
  }
}

TEST_F(LogTest, KeepsAWholeRecordThatACrashLeftUnacknowledged) {
  {
    const auto log = open();
    ASSERT_TRUE(log->record(event(1)).ok());
  }
  const std::string heads = text_of(folder_ / "audit" / "heads");
  {
    auto unkept = open();
    ASSERT_TRUE(unkept->record(event(2)).ok());
    rewrite(folder_ / "audit" / "heads", heads);  // the crash came before the head
    EXPECT_TRUE(unkept->record(event(3)).ok());   // as another process would find it
  }
  expect_sound(3);
}

TEST_F(LogTest, FindsACutOffEndByItsHead) {
  std::string shorter;
  {
    const auto log = open();
    ASSERT_TRUE(log->record(event(1)).ok());
    shorter = text_of(last_segment());
    ASSERT_TRUE(log->record(event(2)).ok());
  }
  rewrite(last_segment(), shorter);
  const auto refused = try_open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
  EXPECT_EQ(refused.error().rule, "audit.cut_off");
  // The heads' file too: then the state tells.
  for (const std::string& heads : {std::string(), std::string(1024, ' ')}) {
    rewrite(folder_ / "audit" / "heads", heads);
    const auto by_state = try_open();
    ASSERT_FALSE(by_state.ok());
    EXPECT_EQ(by_state.error().code, ErrorCode::kIntegrity);
  }
  fs::remove_all(folder_ / "audit");
  EXPECT_EQ(try_open().error().code, ErrorCode::kIntegrity);
}

TEST_F(LogTest, DoesNotOpenOverAChangedRecord) {
  {
    const auto log = open();
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(log->record(event(i)).ok());
  }
  const std::string whole = text_of(last_segment());
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    rewrite(last_segment(), altered);
    const auto refused = try_open();
    ASSERT_FALSE(refused.ok()) << at;
    EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
    const auto line = 1 + std::count(whole.begin(), whole.begin() + static_cast<long>(at), '\n');
    EXPECT_NE(refused.error().message.find(".log:" + std::to_string(line) + ":"), std::string::npos)
        << refused.error().message;
  }
  rewrite(last_segment(), whole);
  EXPECT_TRUE(try_open().ok());
  key_.span()[0] = 8;
  EXPECT_EQ(try_open().error().rule, "audit.key");
}

TEST_F(LogTest, AChangeUnderARunningLogIsFound) {
  const auto log = open();
  ASSERT_TRUE(log->record(event(1)).ok());
  ASSERT_TRUE(log->record(event(2)).ok());
  const std::string whole = text_of(last_segment());
  rewrite(last_segment(), whole.substr(0, whole.find('\n') + 1));
  const auto refused = log->record(event(3));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
  EXPECT_FALSE(log->record(event(4)).ok());
}

TEST_F(LogTest, AnEmptyNextSegmentIsNoHarm) {
  {
    const auto log = open();
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(log->record(event(i)).ok());
  }
  for (const std::string& junk : {std::string(), std::string("{\"seq\":6")}) {
    rewrite(folder_ / "audit" / segment_name(6), junk);
    ASSERT_EQ(open()->head()->sequence, 5U);
  }
  ASSERT_TRUE(open()->record(event(6)).ok());
  expect_sound(6);
}

TEST_F(LogTest, FingerprintsAreKeyed) {
  const auto log = open();
  const auto text = base::view_of("SELECT 1");
  EXPECT_EQ(log->fingerprint("question", text).bytes, log->fingerprint("question", text).bytes);
  EXPECT_NE(log->fingerprint("question", text).bytes, log->fingerprint("text", text).bytes);
  const auto bytes = log->fingerprint("question", text).bytes;
  key_.span()[0] = 9;
  fs::remove_all(folder_ / "audit");
  const auto other = try_open({.folder = folder_ / "other"});
  ASSERT_TRUE(other.ok());
  EXPECT_NE((*other)->fingerprint("question", text).bytes, bytes);
}

TEST_F(LogTest, KeepsOfAnErrorItsRuleAlone) {
  const auto log = open();
  // The text of an error may quote what was typed, and another server's rule may be anything.
  Event denied(Kind::kSignInDenied);
  denied.error(base::Error(ErrorCode::kRefused, "sign_in.denied", "no user hunter2", "hunter2"));
  Event failed(Kind::kRefusal);
  failed.error(base::Error(ErrorCode::kIntegrity, "hunter2 hunter2", "x"));
  ASSERT_TRUE(log->record({denied, failed}).ok());
  const auto page = log->read(1, 10, 1 << 20);
  ASSERT_EQ(page->lines.size(), 2U);
  const auto first = cryptonet::audit::parse_record(page->lines[0])->record;
  EXPECT_EQ(first.kind, "sign_in_denied");
  EXPECT_EQ(first.outcome, "refused");
  EXPECT_EQ(first.rule, "sign_in.denied");
  const auto second = cryptonet::audit::parse_record(page->lines[1])->record;
  EXPECT_EQ(second.outcome, "failed");
  EXPECT_EQ(second.rule, "other");
  for (const std::string& line : page->lines) EXPECT_EQ(line.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::audit
