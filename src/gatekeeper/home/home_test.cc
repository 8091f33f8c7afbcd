// SPDX-License-Identifier: Apache-2.0
// A home is made whole or not at all, and an existing one is left alone.
#include "gatekeeper/home/home.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "gatekeeper/home/backup.h"
#include "gatekeeper/home/backup_stream.h"
#include "net/certificate.h"

namespace cryptonet::gatekeeper::home {
namespace {
using base::ErrorCode;

class HomeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "cn_home_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  base::Result<std::vector<keys::Share>> make(const std::filesystem::path& folder,
                                              base::FileSystem* files = nullptr) {
    return init(folder, files != nullptr ? *files : base::real_file_system(), randomness_,
                std::chrono::system_clock::now());
  }
  static std::map<std::string, base::Bytes> contents(const std::filesystem::path& folder) {
    std::map<std::string, base::Bytes> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) all[entry.path()] = *base::read_file(entry.path(), 1 << 24);
    }
    return all;
  }
  std::filesystem::path folder_;
  base::OsRandomness randomness_;
};

TEST_F(HomeTest, InitMakesAPrivateFolderThatOpens) {
  const auto place = folder_ / "deep" / "home";
  const auto made = make(place);
  ASSERT_TRUE(made.ok()) << base::describe(made.error());
  for (const auto* name : {"enrol-cloud", "enrol-contributor", "enrol-researcher", "state.db",
                           "seal.json", "master.key", "server.key"}) {
    EXPECT_EQ(std::filesystem::status(place / name).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << name;
  }
  EXPECT_EQ(std::filesystem::status(place).permissions(), std::filesystem::perms::owner_all);
  const auto home = Home::open(place, randomness_);
  ASSERT_TRUE(home.ok()) << base::describe(home.error());
  const auto info = net::read_certificate((*home)->identity().certificate_pem);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->role, net::PeerRole::kGatekeeper);
  for (const auto* name : {"cloud", "contributor", "researcher"}) {
    EXPECT_TRUE((*home)->identities().find_enrolment_by_name(name)->has_value()) << name;
  }
}

TEST_F(HomeTest, IsServedByOneProcessAtATime) {
  const auto place = folder_ / "home";
  ASSERT_TRUE(make(place).ok());
  auto first = Home::open(place, randomness_);
  const auto second = Home::open(place, randomness_);  // enrol and unfreeze open it beside serve
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE((*first)->lock_for_serving().ok());
  const auto refused = (*second)->lock_for_serving();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "home.in_use");
  first->reset();
  EXPECT_TRUE((*second)->lock_for_serving().ok());
}

TEST_F(HomeTest, InitTakesAnEmptyFolder) {
  EXPECT_TRUE(make(folder_).ok());
  EXPECT_TRUE(Home::open(folder_, randomness_).ok());
}

TEST_F(HomeTest, InitLeavesAnExistingHomeAlone) {
  ASSERT_TRUE(make(folder_ / "home").ok());
  const auto before = contents(folder_);
  const auto again = make(folder_ / "home/");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(contents(folder_), before);
}

/// The real disk, to be changed in parts.
class Disk : public base::FileSystem {
 public:
  base::Result<std::unique_ptr<base::WritableFile>> open_append(const std::filesystem::path& path,
                                                                unsigned mode,
                                                                bool exclusive) override {
    return real_.open_append(path, mode, exclusive);
  }
  base::Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_.rename(from, to);
  }
  base::Status sync_folder(const std::filesystem::path& folder) override {
    return real_.sync_folder(folder);
  }
  base::Status make_folders(const std::filesystem::path& folder, unsigned mode) override {
    return real_.make_folders(folder, mode);
  }
  base::Status remove_tree(const std::filesystem::path& path) override {
    return real_.remove_tree(path);
  }
  base::Result<std::uint64_t> free_bytes(const std::filesystem::path& path) override {
    return real_.free_bytes(path);
  }

 private:
  base::FileSystem& real_ = base::real_file_system();
};

/// A disk that is full after some writes.
class FullDisk final : public Disk {
 public:
  explicit FullDisk(int writes) : writes_(writes) {}
  base::Result<std::unique_ptr<base::WritableFile>> open_append(const std::filesystem::path& path,
                                                                unsigned mode,
                                                                bool exclusive) override {
    if (writes_-- <= 0) return base::local_io_error("write", path, ENOSPC);
    return Disk::open_append(path, mode, exclusive);
  }

 private:
  int writes_;
};

/// Remembers the folders whose new names a power cut would take away.
class ForgetfulDisk final : public Disk {
 public:
  base::Result<std::unique_ptr<base::WritableFile>> open_append(const std::filesystem::path& path,
                                                                unsigned mode,
                                                                bool exclusive) override {
    unsynced.insert(path.parent_path());
    return Disk::open_append(path, mode, exclusive);
  }
  base::Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    unsynced.insert(to.parent_path());
    return Disk::rename(from, to);
  }
  base::Status sync_folder(const std::filesystem::path& folder) override {
    unsynced.erase(folder);
    return Disk::sync_folder(folder);
  }
  std::set<std::filesystem::path> unsynced;
};

TEST_F(HomeTest, EnrolmentsAndRestoredFilesOutliveAPowerCut) {
  const auto place = folder_ / "home";
  ASSERT_TRUE(make(place).ok());
  const auto home = Home::open(place, randomness_);
  ASSERT_TRUE(home.ok());
  const auto now = std::chrono::system_clock::now();
  ForgetfulDisk disk;
  ASSERT_TRUE(auth::enrol((*home)->authority(), {"clinic", state::EnrolmentRole::kContributor},
                          folder_ / "clinic", disk, randomness_, now)
                  .ok());
  EXPECT_EQ(disk.unsynced, std::set<std::filesystem::path>());

  const auto hints = place / "uploads" / "ab" / "hints";
  std::filesystem::create_directories(hints);
  for (const auto& file : {hints / "0", place / "uploads" / "ab" / "manifest"}) {
    ASSERT_TRUE(base::write_atomically(disk, file, base::view_of("x"), 0600).ok());
  }
  const auto written = back_up(**home, folder_ / "backup", disk, now);
  ASSERT_TRUE(written.ok()) << base::describe(written.error());
  disk.unsynced.clear();
  const auto backup = BackupReader::open(folder_ / "backup");
  ASSERT_TRUE(backup.ok()) << base::describe(backup.error());
  const auto key = base::read_file(place / keys::kMasterFile, 1024);
  ASSERT_TRUE(key.ok() && key->size() == 32);
  const std::span<const std::uint8_t, 32> bytes(key->data(), 32);
  const auto restored = restore(**backup, keys::MasterKey::copy_of(bytes), folder_ / "restored",
                                disk, randomness_, now);
  ASSERT_TRUE(restored.ok()) << base::describe(restored.error());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "restored" / "uploads" / "ab" / "hints" / "0"));
  EXPECT_EQ(disk.unsynced, std::set<std::filesystem::path>());
}

TEST_F(HomeTest, FullDiskLeavesNothing) {
  for (int writes = 0; writes < 8; ++writes) {
    FullDisk disk(writes);
    const auto refused = make(folder_ / "home", &disk);
    ASSERT_FALSE(refused.ok()) << writes;
    EXPECT_EQ(refused.error().code, ErrorCode::kLocalIo);
    EXPECT_TRUE(std::filesystem::is_empty(folder_)) << writes;
  }
}

TEST_F(HomeTest, OpeningAnythingElseIsRefused) {
  EXPECT_EQ(Home::open(folder_, randomness_).error().code, ErrorCode::kBadInput);
  ASSERT_TRUE(make(folder_ / "home").ok());
  std::filesystem::remove(folder_ / "home" / "seal.json");
  EXPECT_EQ(Home::open(folder_ / "home", randomness_).error().code, ErrorCode::kLocalIo);
}

// The log grows while its files are copied: no head in the backup promises what is not in it.
TEST_F(HomeTest, ABackupOfABusyGatekeeperOpens) {
  const auto place = folder_ / "home";
  ASSERT_TRUE(make(place).ok());
  const auto home = *Home::open(place, randomness_);
  std::atomic<bool> stop = false;
  std::thread busy([&] {
    while (!stop) {
      audit::Event event(audit::Kind::kAdministration);
      EXPECT_TRUE(home->audit().record(event.action("busy")).ok());
    }
  });
  for (int i = 0; i < 12; ++i) {
    const auto file = folder_ / ("backup" + std::to_string(i));
    const auto now = std::chrono::system_clock::now();
    const auto made = back_up(*home, file, base::real_file_system(), now);
    ASSERT_TRUE(made.ok()) << base::describe(made.error());
    const auto backup = *BackupReader::open(file);
    const auto master = keys::open_bare(backup->seal_file(), place / keys::kMasterFile);
    ASSERT_TRUE(master.ok());
    const auto other = folder_ / ("restored" + std::to_string(i));
    ASSERT_TRUE(restore(*backup, *master, other, base::real_file_system(), randomness_, now).ok());
    const auto again = Home::open(other, randomness_);
    ASSERT_TRUE(again.ok()) << base::describe(again.error());
    EXPECT_TRUE((*again)->audit().head().ok()) << i;
  }
  stop = true;
  busy.join();
}

}  // namespace
}  // namespace cryptonet::gatekeeper::home
