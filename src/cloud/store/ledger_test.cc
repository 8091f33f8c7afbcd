// SPDX-License-Identifier: Apache-2.0
#include "cloud/store/ledger.h"

#include <fstream>

#include "cloud/store/store_testing.h"

namespace cryptonet::cloud::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using columns::format::kNoColumn;

const columns::format::Manifest& manifest() {
  static const columns::UploadForTest upload = small_upload(3);  // caps: 30 and 10
  return *upload.manifest;
}

std::vector<TotalName> totals(std::uint32_t unit, std::uint32_t first, std::uint32_t count) {
  std::vector<TotalName> names;
  for (std::uint32_t i = 0; i < count; ++i) names.push_back({unit, {first + i, kNoColumn}});
  return names;
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() : path_(folder_.path() / "ledger") {
    CHECK(Ledger::pin(fast_files(), path_, manifest()).ok());
  }
  std::unique_ptr<Ledger> open(base::FileSystem& files = fast_files()) {
    auto ledger = Ledger::open(files, path_, manifest());
    EXPECT_TRUE(ledger.ok()) << describe(ledger.error());
    return ledger.ok() ? std::move(*ledger) : nullptr;
  }
  TestFolder folder_;
  fs::path path_;
};

TEST_F(LedgerTest, CountsDistinctTotalsOfEachUnit) {
  const auto ledger = open();
  ASSERT_TRUE(ledger->record(totals(0, 0, 5)).ok());
  ASSERT_TRUE(ledger->record(totals(0, 3, 5)).ok());
  ASSERT_TRUE(ledger->record(totals(1, 0, 2)).ok());
  ASSERT_TRUE(ledger->record(totals(0, 0, 8)).ok());
  EXPECT_EQ(ledger->answered(0), 8U);
  EXPECT_EQ(ledger->answered(1), 2U);
  // A pair and its left column alone are two totals.
  ASSERT_TRUE(ledger->record(std::vector<TotalName>{{0, {0, 1}}, {0, {1, 1}}}).ok());
  EXPECT_EQ(ledger->answered(0), 10U);
}

TEST_F(LedgerTest, RefusesAWholeQuestionAtTheCap) {
  const auto ledger = open();
  ASSERT_TRUE(ledger->record(totals(0, 0, 28)).ok());
  ASSERT_TRUE(ledger->record(totals(1, 0, 10)).ok());  // exactly the cap
  const auto refused = ledger->record(totals(0, 20, 11));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "ledger.cap_of_totals");
  EXPECT_NE(refused.error().message.find("30"), std::string::npos);
  EXPECT_EQ(ledger->answered(0), 28U);
  // One unit at its cap refuses the question also for the unit that has room.
  std::vector<TotalName> both = totals(0, 28, 1);
  both.push_back({1, {10, kNoColumn}});
  EXPECT_FALSE(ledger->record(both).ok());
  EXPECT_EQ(ledger->answered(0), 28U);
  EXPECT_TRUE(ledger->check_cap(totals(0, 28, 2)).ok());
  EXPECT_TRUE(ledger->record(totals(0, 28, 2)).ok());
  EXPECT_TRUE(ledger->record(totals(0, 0, 30)).ok());  // what was answered may be asked for ever
}

TEST_F(LedgerTest, HoldsOverRestarts) {
  ASSERT_TRUE(open()->record(totals(0, 0, 20)).ok());
  ASSERT_TRUE(open()->record(totals(0, 15, 10)).ok());
  const auto ledger = open();
  EXPECT_EQ(ledger->answered(0), 25U);
  EXPECT_FALSE(ledger->record(totals(0, 25, 6)).ok());
  EXPECT_TRUE(ledger->record(totals(0, 25, 5)).ok());
}

TEST_F(LedgerTest, DropsATornEndAndGoesOn) {
  ASSERT_TRUE(open()->record(totals(0, 0, 4)).ok());
  const auto durable = fs::file_size(path_);
  ASSERT_TRUE(open()->record(totals(0, 4, 3)).ok());
  const auto whole = base::read_file(path_, 1 << 20).value();
  for (auto size = durable; size < whole.size(); ++size) {
    fs::resize_file(path_, size);
    {
      const auto ledger = open();
      ASSERT_NE(ledger, nullptr);
      EXPECT_EQ(ledger->answered(0), 4 + (size - durable) / 32);
      ASSERT_TRUE(ledger->record(totals(0, 4, 3)).ok());
    }
    EXPECT_EQ(open()->answered(0), 7U);
    fs::remove(path_);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(whole.data()),
               static_cast<std::streamsize>(whole.size()));
  }
}

TEST_F(LedgerTest, DropsABatchThatReachedTheDiskOutOfOrder) {
  ASSERT_TRUE(open()->record(totals(0, 0, 4)).ok());
  ASSERT_TRUE(open()->record(totals(0, 4, 3)).ok());
  // The first record of the last batch never came; the two after it are whole.
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(64 + 4 * 32)
      .write(std::string(32, '\0').data(), 32);
  EXPECT_EQ(open()->answered(0), 6U);
  EXPECT_EQ(fs::file_size(path_), 64U + 6 * 32);
  EXPECT_EQ(open()->answered(0), 6U);
}

TEST_F(LedgerTest, RefusesEveryFlippedBitTheLastBatchIncluded) {
  ASSERT_TRUE(open()->record(totals(0, 0, 4)).ok());
  ASSERT_TRUE(open()->record(totals(0, 4, 3)).ok());
  for (std::uint64_t position = 0; position < 64 + 7 * 32; ++position) {
    flip_bit(path_, position);
    const auto opened = Ledger::open(fast_files(), path_, manifest());
    ASSERT_FALSE(opened.ok()) << position;
    EXPECT_EQ(opened.error().code, ErrorCode::kIntegrity);
    flip_bit(path_, position);
  }
  fs::remove(path_);
  EXPECT_EQ(Ledger::open(fast_files(), path_, manifest()).error().rule, "ledger.damaged");
}

TEST_F(LedgerTest, AFullDiskRefusesAndMends) {
  FaultyFiles files;
  const auto ledger = open(files);
  ASSERT_TRUE(ledger->record(totals(0, 0, 4)).ok());
  files.space = 50;  // a record and a half
  EXPECT_EQ(ledger->record(totals(0, 4, 4)).error().code, ErrorCode::kLocalIo);
  EXPECT_EQ(ledger->answered(0), 4U);
  EXPECT_FALSE(ledger->record(totals(0, 4, 4)).ok());
  files.space = 1 << 20;
  ASSERT_TRUE(ledger->record(totals(0, 10, 2)).ok());
  EXPECT_EQ(ledger->answered(0), 6U);
  EXPECT_EQ(open()->answered(0), 6U);
}

TEST_F(LedgerTest, NoCrashForgetsWhatWasAnswered) {
  for (std::size_t crash_at = 1; crash_at < 40; ++crash_at) {
    SCOPED_TRACE(crash_at);
    fs::remove(path_);
    FaultyFiles files;
    files.operations_left = crash_at;
    std::uint64_t answered = 0;
    if (Ledger::pin(files, path_, manifest()).ok()) {
      auto ledger = Ledger::open(files, path_, manifest());
      for (std::uint32_t i = 0; ledger.ok() && i < 8; ++i) {
        if ((*ledger)->record(totals(0, 3 * i, 3)).ok()) answered += 3;
      }
    }
    ASSERT_TRUE(Ledger::pin(fast_files(), path_, manifest()).ok());
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_GE(ledger->answered(0), answered);
    ASSERT_TRUE(ledger->record(totals(0, 0, 30)).ok());
    EXPECT_EQ(open()->answered(0), 30U);
  }
}

TEST_F(LedgerTest, PinsOneManifest) {
  static const columns::UploadForTest other = small_upload(4);
  EXPECT_TRUE(Ledger::pin(fast_files(), path_, manifest()).ok());
  EXPECT_EQ(Ledger::pin(fast_files(), path_, *other.manifest).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(Ledger::open(fast_files(), path_, *other.manifest).ok());
}

}  // namespace
}  // namespace cryptonet::cloud::store
