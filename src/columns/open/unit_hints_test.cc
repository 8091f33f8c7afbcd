// SPDX-License-Identifier: Apache-2.0
#include "columns/open/unit_hints.h"

#include <gtest/gtest.h>

#include "columns/open/upload_testing.h"

namespace cryptonet::columns::open {
namespace {

class UnitHintsTest : public testing::Test {
 protected:
  UploadForTest upload_ = make_upload(usual_plans(), {random_rows(300, 1)}, 5);
};

TEST_F(UnitHintsTest, GiveTheSameKeyPartsAsTheFile) {
  UnitHints hints(*upload_.manifest, 0, upload_.hint_files[0]);
  for (std::uint32_t left = 0; left < 5; ++left) {
    for (std::uint32_t right = left; right < 6; ++right) {
      const auto pair = format::make_pair(left, right == 5 ? format::kNoColumn : right);
      const auto from_file = upload_.opener->key_part(0, pair, upload_.hint_files[0]);
      const auto from_hints = upload_.opener->key_part(pair, hints);
      ASSERT_TRUE(from_file.ok() && from_hints.ok());
      EXPECT_EQ(*from_file, *from_hints) << left << " " << right;
    }
  }
}

TEST_F(UnitHintsTest, RefuseEveryAlteredPartAndOnlyThat) {
  const std::size_t piece = format::wide_set().packed_bytes();
  base::Bytes file = upload_.hint_files[0];
  file[format::kHintHeaderBytes + 2 * piece + kX * piece] ^= 1U;  // u of column kX
  UnitHints hints(*upload_.manifest, 0, file);
  EXPECT_TRUE(hints.shared().ok());
  EXPECT_TRUE(hints.column(kWeight).ok());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = hints.column(kX);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, base::ErrorCode::kIntegrity);
  }
  EXPECT_FALSE(upload_.opener->key_part(format::make_pair(kX, kWeight), hints).ok());
  EXPECT_TRUE(upload_.opener->key_part(format::make_pair(kIndicator, kWeight), hints).ok());
  file = upload_.hint_files[0];
  file[format::kHintHeaderBytes + piece] ^= 1U;  // A2
  UnitHints shared_altered(*upload_.manifest, 0, file);
  EXPECT_EQ(shared_altered.shared().error().code, base::ErrorCode::kIntegrity);
  base::Bytes cut(upload_.hint_files[0].begin(), upload_.hint_files[0].end() - 1);
  UnitHints truncated(*upload_.manifest, 0, cut);
  EXPECT_FALSE(upload_.opener->key_part(format::make_pair(kX, kWeight), truncated).ok());
  UnitHints no_unit(*upload_.manifest, 1, upload_.hint_files[0]);
  EXPECT_FALSE(no_unit.shared().ok());
}

}  // namespace
}  // namespace cryptonet::columns::open
