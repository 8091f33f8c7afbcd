// SPDX-License-Identifier: Apache-2.0
// Files that shrink while they are mapped.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <numeric>
#include <thread>

#include "base/file_system.h"

namespace cryptonet::base {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kPage = 65536;  // a multiple of every page size in use

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "the sanitizer takes SIGBUS for itself";
#endif
#endif
  }
  MappedFileTest()
      : path_(fs::temp_directory_path() /
              ("cryptonet_mapped_file_test." + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << std::string(3 * kPage, 'x');
  }
  ~MappedFileTest() override { fs::remove(path_); }
  static std::uint64_t sum(ByteView bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  }
  fs::path path_;
};

TEST_F(MappedFileTest, SaysWhenItsPagesWentAway) {
  const MappedFile file = MappedFile::open(path_).value();
  const MappedFile other = MappedFile::open(path_).value();
  EXPECT_EQ(sum(file.bytes()), 3 * kPage * 'x');
  EXPECT_FALSE(file.lost_pages());
  fs::resize_file(path_, kPage);
  EXPECT_EQ(sum(file.bytes().first(kPage)), kPage * 'x');
  EXPECT_FALSE(file.lost_pages());
  EXPECT_EQ(sum(file.bytes()), kPage * 'x');
  EXPECT_TRUE(file.lost_pages());
  EXPECT_FALSE(other.lost_pages());
}

TEST_F(MappedFileTest, SaysSoToEveryThread) {
  MappedFile opened = MappedFile::open(path_).value();
  const MappedFile file = std::move(opened);
  fs::resize_file(path_, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(sum(file.bytes()), 0U); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(file.lost_pages());
}

TEST_F(MappedFileTest, APlaceIsUsedAgain) {
  for (int i = 0; i < 70'000; ++i) {
    const auto file = MappedFile::open(path_);
    ASSERT_TRUE(file.ok());
    ASSERT_FALSE(file->lost_pages());
  }
}

TEST_F(MappedFileTest, OtherMissingPagesStillEndTheProgram) {
  const MappedFile guarded = MappedFile::open(path_).value();
  std::FILE* file = std::fopen(path_.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  const auto* data = static_cast<const volatile char*>(
      ::mmap(nullptr, 3 * kPage, PROT_READ, MAP_SHARED, ::fileno(file), 0));
  fs::resize_file(path_, 0);
  EXPECT_EXIT(static_cast<void>(data[kPage]), testing::KilledBySignal(SIGBUS), "");
  std::fclose(file);
}

}  // namespace
}  // namespace cryptonet::base
