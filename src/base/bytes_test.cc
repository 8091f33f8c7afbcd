// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace cryptonet::base {
namespace {

TEST(ByteReader, FailsForEverAfterTheEnd) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0201);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0U);
  EXPECT_FALSE(reader.finished());
}

TEST(ByteReader, RefusesABlockLongerThanItsLimitBeforeReadingIt) {
  ByteWriter writer;
  writer.block(view_of("four"));
  ByteReader reader(writer.bytes());
  EXPECT_TRUE(reader.block(3).empty());
  EXPECT_FALSE(reader.ok());
}

// RFC 4648, section 10.
TEST(Base64, AgreesWithTheRfcVectors) {
  const char* clear[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  const char* coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(to_base64(view_of(clear[i])), coded[i]);
    const auto back = from_base64(coded[i]);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(text_of(*back), clear[i]);
  }
}

TEST(Base64, HasOneSpellingPerValue) {
  for (const char* bad : {"Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "-_-_"}) {
    EXPECT_FALSE(from_base64(bad).ok()) << bad;
  }
}

TEST(Hex, RoundTripsAndRefusesUpperCaseAndOddLengths) {
  const Bytes bytes = {0, 15, 255};
  EXPECT_EQ(to_hex(bytes), "000fff");
  std::array<std::uint8_t, 3> back{};
  EXPECT_TRUE(from_hex("000fff", back));
  EXPECT_FALSE(from_hex("000FFF", back));
  EXPECT_FALSE(from_hex("000ff", back));
}

TEST(SixByteWords, RoundTrip) {
  const std::vector<std::uint64_t> words = {0, 1, (1ULL << 48) - 1, 281474976694272ULL};
  Bytes packed(24);
  pack_u48(words, packed);
  std::vector<std::uint64_t> back(4);
  unpack_u48(packed, back);
  EXPECT_EQ(back, words);
}

}  // namespace
}  // namespace cryptonet::base
