// SPDX-License-Identifier: Apache-2.0
// What is told while the log is closed or its disk fails: kept, or told by its number.
#include "gatekeeper/audit/log_testing.h"

namespace cryptonet::gatekeeper::audit {
namespace {

TEST_F(LogTest, WhatIsRecordedWhileItIsClosedWaitsInTheState) {
  {
    Log closed(options(), *database_);
    ASSERT_TRUE(closed.record_soon(event(1)).ok());
    ASSERT_TRUE(closed.record_soon(event(2)).ok());
  }
  const auto log = open();
  EXPECT_EQ(log->head()->sequence, 2U);
  Log command(options(), *database_);
  ASSERT_TRUE(command.record_soon(event(3)).ok());
  ASSERT_TRUE(log->keep_head().ok());
  EXPECT_EQ(log->head()->sequence, 3U);
  const auto page = log->read(1, 10, 1 << 20);
  EXPECT_EQ(cryptonet::audit::parse_record(page->lines[2])->record.details.at("number"), "3");
  EXPECT_EQ(open()->head()->sequence, 3U);
  expect_sound(3);
}

TEST_F(LogTest, AClosedLogRefusesRecordsAndKeepsNotes) {
  Log log(options(), *database_);
  const auto refused = log.record(event(1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "audit.closed");
  for (std::uint64_t i = 0; i < 1000; ++i) log.note(event(i));
  ASSERT_TRUE(log.open(key_).ok());
  EXPECT_EQ(log.head()->sequence, 256U);
  log.close();
  EXPECT_FALSE(log.record(event(2)).ok());
  ASSERT_TRUE(log.open(key_).ok());
  ASSERT_TRUE(log.record(event(3)).ok());
  expect_sound(257);
  // The rest found no room: their number is told, once.
  ASSERT_TRUE(log.keep_head().ok());
  ASSERT_TRUE(log.keep_head().ok());
  EXPECT_EQ(log.head()->sequence, 258U);
  EXPECT_EQ(lost(log, 258), "744");
}

TEST_F(LogTest, NotesOutliveAnOpeningThatFails) {
  Log log(options(), *database_);
  for (std::uint64_t i = 0; i < 10; ++i) log.note(event(i));
  disk_.fault = FaultyDisk::Fault::kDead;
  EXPECT_FALSE(log.open(key_).ok());
  log.note(event(10));
  disk_.mend();
  ASSERT_TRUE(log.open(key_).ok());
  EXPECT_EQ(log.head()->sequence, 11U);
}

TEST_F(LogTest, TellsWhenItWorksAgainHowManyNotesWereLost) {
  const auto log = open();
  ASSERT_TRUE(log->record(event(1)).ok());
  EXPECT_TRUE(log->works());
  disk_.fault = FaultyDisk::Fault::kDead;
  log->note(event(2));
  log->note(event(3));
  EXPECT_FALSE(log->works());
  EXPECT_FALSE(log->keep_head().ok());
  static_cast<void>(log->head());  // writes nothing, and so proves nothing
  EXPECT_FALSE(log->works());
  disk_.mend();
  ASSERT_TRUE(log->keep_head().ok());
  EXPECT_TRUE(log->works());
  EXPECT_EQ(lost(*log, 2), "2");
  expect_sound(2);
}

TEST_F(LogTest, FindsByItselfThatTheDiskWorksAgain) {
  const auto log = open();
  disk_.fault = FaultyDisk::Fault::kDead;
  EXPECT_FALSE(log->record(event(1)).ok());  // whoever asked was told
  disk_.mend();
  EXPECT_FALSE(log->works());
  ASSERT_TRUE(log->keep_head().ok());
  EXPECT_TRUE(log->works());
  EXPECT_EQ(lost(*log, 1), "0");
}

// As a crash between a change and its record leaves it.
TEST_F(LogTest, AnAnnouncedChangeIsKnownAlsoWhenNobodySettlesIt) {
  {
    const auto log = open();
    ASSERT_TRUE(log->record(event(1)).ok());
    ASSERT_TRUE(log->announce(event(2)).ok());
    ASSERT_TRUE(log->keep_head().ok());
    EXPECT_EQ(log->head()->sequence, 1U);  // it is still being made
  }
  const auto log = open();
  EXPECT_EQ(log->head()->sequence, 2U);
  expect_sound(2);
}

TEST_F(LogTest, ASettledChangeIsToldOnce) {
  {
    const auto log = open();
    const auto first = log->announce(event(1));
    const auto second = log->announce(event(2));
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_NE(*first, *second);
    ASSERT_TRUE(log->settle(*first, std::nullopt).ok());  // refused
    ASSERT_TRUE(log->settle(*second, event(3)).ok());
    EXPECT_EQ(log->head()->sequence, 1U);
  }
  const auto log = open();
  EXPECT_EQ(log->head()->sequence, 1U);
  const auto page = log->read(1, 1, 1 << 20);
  EXPECT_EQ(cryptonet::audit::parse_record(page->lines[0])->record.details.at("number"), "3");
}

TEST_F(LogTest, AChangeWhoseRecordFailsIsToldByItsAnnouncement) {
  const auto log = open();
  const auto announced = log->announce(event(1));
  ASSERT_TRUE(announced.ok());
  disk_.fault = FaultyDisk::Fault::kDead;
  EXPECT_FALSE(log->settle(*announced, event(2)).ok());
  disk_.mend();
  ASSERT_TRUE(log->keep_head().ok());
  const auto page = log->read(1, 10, 1 << 20);
  ASSERT_GE(page->lines.size(), 1U);
  EXPECT_EQ(cryptonet::audit::parse_record(page->lines[0])->record.details.at("number"), "1");
}

TEST_F(LogTest, MayCloseAndOpenWhileOthersRecord) {
  Log log(options(), *database_);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> recorded = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      while (!stop) {
        recorded += log.record(event(1)).ok();
        static_cast<void>(log.record_soon(event(2)));
        static_cast<void>(log.head());
        static_cast<void>(log.fingerprint("text", base::view_of("SELECT 1")));
        static_cast<void>(log.read(1, 10, 1000));
        log.note(event(3));
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(log.open(key_).ok());
    const std::uint64_t before = recorded;
    while (recorded < before + 3) std::this_thread::yield();
    log.close();
  }
  stop = true;
  for (std::thread& other : others) other.join();
  ASSERT_TRUE(log.open(key_).ok());
  EXPECT_GE(log.head()->sequence, recorded);
  log.close();
  const auto report = verify();
  EXPECT_TRUE(report.findings.empty()) << cryptonet::audit::describe(report.findings.front());
}

// More than may stand in one segment: segments go on being short enough to be read.
TEST_F(LogTest, ManyRecordsThatWaitedGoIntoManySegments) {
  {
    Log closed(options(), *database_);
    for (std::uint64_t i = 0; i < 3000; ++i) ASSERT_TRUE(closed.record_soon(event(i)).ok());
  }
  const auto log = open();
  EXPECT_EQ(log->head()->sequence, 3000U);
  EXPECT_GE(list_segments(folder_ / "audit")->size(), 3U);
  expect_sound(3000);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::audit
