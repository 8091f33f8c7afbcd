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

}  // namespace
}  // namespace cryptonet::gatekeeper::audit
