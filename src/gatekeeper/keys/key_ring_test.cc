// SPDX-License-Identifier: Apache-2.0
// Sealed records open only as what they are.
#include "gatekeeper/keys/key_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace cryptonet::gatekeeper::keys {
namespace {

TEST(KeyRing, RecordsOpenOnlyAsTheirKindNameAndRing) {
  base::OsRandomness randomness;
  const KeyRing ring = KeyRing::generate(randomness);
  const KeyRing other = KeyRing::generate(randomness);
  const auto name = base::view_of("upload 1");
  const base::Bytes sealed = ring.seal(RecordKind::kAnswer, name, base::view_of("42"));
  const auto opened = ring.unseal(RecordKind::kAnswer, name, sealed);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(base::text_of(opened->span()), "42");
  EXPECT_FALSE(ring.unseal(RecordKind::kSchema, name, sealed).ok());
  EXPECT_FALSE(ring.unseal(RecordKind::kAnswer, base::view_of("upload 2"), sealed).ok());
  EXPECT_FALSE(other.unseal(RecordKind::kAnswer, name, sealed).ok());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    base::Bytes altered = sealed;
    altered[i] ^= 1U;
    EXPECT_FALSE(ring.unseal(RecordKind::kAnswer, name, altered).ok()) << i;
    EXPECT_FALSE(ring.unseal(RecordKind::kAnswer, name, base::ByteView(sealed).first(i)).ok());
  }
  EXPECT_NE(ring.seal(RecordKind::kAnswer, name, base::view_of("42")), sealed);
}

TEST(KeyRing, TagsTellEqualRecordsAndNothingAcrossRings) {
  base::OsRandomness randomness;
  const KeyRing ring = KeyRing::generate(randomness);
  const KeyRing other = KeyRing::generate(randomness);
  const auto text = base::view_of("schema");
  EXPECT_EQ(ring.tag(RecordKind::kSchema, text), ring.tag(RecordKind::kSchema, text));
  EXPECT_NE(ring.tag(RecordKind::kSchema, text), ring.tag(RecordKind::kAnswer, text));
  EXPECT_NE(ring.tag(RecordKind::kSchema, text), other.tag(RecordKind::kSchema, text));
}

TEST(KeyRing, RefusesAFileThatIsNoKey) {
  base::OsRandomness randomness;
  std::string pattern = (std::filesystem::temp_directory_path() / "cn_keys_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path file = std::filesystem::path(pattern) / "sealing.key";
  const KeyRing ring = KeyRing::generate(randomness);
  ASSERT_TRUE(ring.save(base::real_file_system(), file).ok());
  const auto loaded = KeyRing::load(file, randomness);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->public_key(), ring.public_key());
  EXPECT_TRUE(std::ranges::equal(loaded->pepper().span(), ring.pepper().span()));
  std::filesystem::resize_file(file, 31);
  EXPECT_EQ(KeyRing::load(file, randomness).error().code, base::ErrorCode::kIntegrity);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::keys
