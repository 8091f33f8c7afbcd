// SPDX-License-Identifier: Apache-2.0
// For tests: a log in a folder of its own, over a disk that can be told to fail.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "audit/verifier.h"
#include "base/file_system.h"
#include "gatekeeper/audit/log.h"

namespace cryptonet::gatekeeper::audit {
namespace fs = std::filesystem;
using base::ErrorCode;

/// What a disk can do wrong, step by step: the file is the real one.
class FaultyDisk final : public LogDisk {
 public:
  enum class Fault { kNone, kFull, kTornFull, kSyncFails, kDeadAfterSync, kDead };
  std::atomic<Fault> fault = Fault::kNone;
  std::atomic<int> countdown = 0;  ///< the fault strikes at this writing or syncing step
  std::atomic<int> steps = 0;

  base::Result<std::unique_ptr<LogFile>> open(const fs::path& path) override {
    CN_ASSIGN(auto file, real_log_disk().open(path));
    return std::unique_ptr<LogFile>(std::make_unique<File>(*this, std::move(file)));
  }

 private:
  base::Status step(bool sync) {
    ++steps;
    if (dead_) return base::local_io_error("write", "disk", EIO);
    if (fault == Fault::kNone || countdown-- > 0) return base::ok();
    const Fault now = fault;
    if (now != Fault::kDead) fault = Fault::kNone;
    if (now == Fault::kDeadAfterSync) dead_ = true;
    return base::local_io_error(sync ? "fsync" : "write", "disk", sync ? EIO : ENOSPC);
  }
  struct File final : LogFile {
    File(FaultyDisk& owner, std::unique_ptr<LogFile> real_file)
        : disk(owner), real(std::move(real_file)) {}
    base::Result<std::uint64_t> size() override { return real->size(); }
    base::Result<base::Bytes> read() override { return real->read(); }
    base::Status append(base::ByteView bytes) override {
      CN_ASSIGN(const auto end, real->size());
      return write_at(end, bytes);
    }
    base::Status write_at(std::uint64_t offset, base::ByteView bytes) override {
      const bool tears = disk.fault == Fault::kTornFull;
      const base::Status possible = disk.step(false);
      if (possible.ok()) return real->write_at(offset, bytes);
      if (tears) CN_RETURN_IF_ERROR(real->write_at(offset, bytes.first(bytes.size() * 2 / 3)));
      return possible;
    }
    base::Status cut(std::uint64_t size) override {
      CN_RETURN_IF_ERROR(disk.step(false));
      return real->cut(size);
    }
    base::Status sync() override {
      CN_RETURN_IF_ERROR(disk.step(true));
      return real->sync();
    }
    FaultyDisk& disk;
    std::unique_ptr<LogFile> real;
  };
  std::atomic<bool> dead_ = false;

 public:
  void mend() {
    fault = Fault::kNone;
    dead_ = false;
  }
};

inline Event event(std::uint64_t number) {
  Event made(Kind::kRelease);
  made.machine("researcher", "127.0.0.1").dataset("t").count("number", number);
  return made;
}

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cn_audit_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    database_ = *state::Database::create(folder_ / "state.db");
    key_.span()[0] = 7;
  }
  void TearDown() override {
    database_.reset();
    fs::remove_all(folder_);
  }
  LogOptions options() {
    LogOptions made;
    made.folder = folder_ / "audit";
    made.disk = &disk_;
    made.segment_bytes = 4096;
    return made;
  }
  base::Result<std::unique_ptr<Log>> try_open(const LogOptions& log_options) {
    auto log = std::make_unique<Log>(log_options, *database_);
    CN_RETURN_IF_ERROR(log->open(key_));
    return log;
  }
  base::Result<std::unique_ptr<Log>> try_open() { return try_open(options()); }
  std::unique_ptr<Log> open() {
    auto log = try_open();
    EXPECT_TRUE(log.ok()) << base::describe(log.error());
    return log.ok() ? std::move(*log) : nullptr;
  }
  /// All that lies on disk, held against the heads there.
  cryptonet::audit::Report verify() {
    cryptonet::audit::Verifier verifier;
    auto slots = HeadSlots::open(real_log_disk(), folder_ / "audit" / "heads");
    if (const auto head = slots->newest(); head.ok() && head->has_value()) {
      verifier.expect(**head, "audit/heads");
    }
    const auto segments = list_segments(folder_ / "audit");
    for (const std::uint64_t segment : *segments) {
      verifier.begin_file(segment_name(segment));
      std::ifstream file(folder_ / "audit" / segment_name(segment));
      std::string line;
      while (std::getline(file, line)) verifier.line(line);
    }
    return std::move(verifier).finish();
  }
  void expect_sound(std::uint64_t records) {
    const auto report = verify();
    EXPECT_TRUE(report.findings.empty()) << cryptonet::audit::describe(report.findings.front());
    EXPECT_EQ(report.records, records);
  }
  /// What a record says of notes that are in none.
  static std::string lost(Log& log, std::uint64_t sequence) {
    const auto page = log.read(sequence, 1, 1 << 20);
    const auto record = cryptonet::audit::parse_record(page->lines.at(0))->record;
    EXPECT_EQ(record.details.at("action"), "log_resumed");
    return record.details.at("lost");
  }
  fs::path last_segment() {
    return folder_ / "audit" / segment_name(list_segments(folder_ / "audit")->back());
  }
  void rewrite(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  std::string text_of(const fs::path& path) {
    const base::Bytes bytes = *base::read_file(path, 1 << 24);
    return std::string(base::text_of(bytes));
  }

  fs::path folder_;
  std::unique_ptr<state::Database> database_;
  base::Secret<32> key_;
  FaultyDisk disk_;
};

}  // namespace cryptonet::gatekeeper::audit
