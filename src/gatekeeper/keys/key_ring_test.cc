// SPDX-License-Identifier: Apache-2.0
// Sealed records open only as what they are.
#include "gatekeeper/keys/key_ring.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(KeyRing, IsFilledAndEmptied) {
  base::OsRandomness randomness;
  KeyRing ring(randomness);
  EXPECT_TRUE(ring.sealed());
  RingKeys keys = RingKeys::generate(randomness);
  RingKeys rotated;
  rotated.root = base::Secret<32>::copy_of(keys.root.span());
  randomness.fill(rotated.records.span());
  rotated.sealing.push_back(sealing_key_of(2, base::Secret<32>::copy_of(rotated.records.span())));
  ring.fill(std::move(keys));
  EXPECT_FALSE(ring.sealed());
  const auto tag = ring.tag(RecordKind::kSchema, base::view_of("schema"));
  const auto pepper = base::Secret<32>::copy_of(ring.pepper().span());
  const auto derived = ring.derived("a");
  EXPECT_FALSE(std::ranges::equal(derived.span(), ring.derived("b").span()));
  EXPECT_FALSE(std::ranges::equal(derived.span(), pepper.span()));
  const auto name = base::view_of("question");
  const base::Bytes sealed = ring.seal(RecordKind::kAnswer, name, base::view_of("42"));

  // what derives from the root outlives a rotation, what the old record key sealed does not
  ring.empty();
  EXPECT_TRUE(ring.sealed());
  ring.fill(std::move(rotated));
  EXPECT_EQ(ring.tag(RecordKind::kSchema, base::view_of("schema")), tag);
  EXPECT_TRUE(std::ranges::equal(ring.pepper().span(), pepper.span()));
  EXPECT_TRUE(std::ranges::equal(ring.derived("a").span(), derived.span()));
  EXPECT_FALSE(ring.unseal(RecordKind::kAnswer, name, sealed).ok());
  EXPECT_EQ(ring.public_key(), ring.sealing_keys().front().public_key);
}

TEST(KeyRingDeathTest, ASealedRingGivesNothing) {
  base::OsRandomness randomness;
  const KeyRing ring(randomness);
  EXPECT_DEATH(static_cast<void>(ring.pepper()), "keys_ != nullptr");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::keys
