// SPDX-License-Identifier: Apache-2.0
// The manifest and its tree: round trips, every truncation, every flipped byte, and bodies that may
// not be signed.
#include "columns/format/manifest.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "base/hash.h"
#include "columns/format/merkle_tree.h"

namespace cryptonet::columns::format {
namespace {

struct Signer {
  Signer() {
    base::start_sodium();
    std::array<std::uint8_t, 32> seed{};
    seed[0] = 7;
    crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data());
  }
  std::array<std::uint8_t, 32> public_key{};
  base::Secret<64> secret;
};

base::Digest digest_of(std::uint8_t number) {
  return base::sha256(std::array<std::uint8_t, 1>{number});
}

/// Two columns; units of 2 and of 65 chunks (1 and 2 segments).
ManifestBody small_body(const Signer& signer) {
  ManifestBody body;
  body.upload.bytes.fill(9);
  body.contributor_key = signer.public_key;
  body.columns.resize(2);
  body.columns[0].bytes.fill(1);
  body.columns[1].bytes.fill(2);
  std::uint8_t number = 0;
  for (const std::uint32_t chunks : {2U, 65U}) {
    UnitEntry unit;
    unit.id.bytes.fill(static_cast<std::uint8_t>(chunks));
    unit.chunks = chunks;
    unit.cap_of_totals = 33;
    unit.shared_hint_hash = digest_of(++number);
    for (int c = 0; c < 2; ++c) {
      unit.hint_hashes.push_back(digest_of(++number));
      unit.segments.emplace_back((chunks + 63) / 64, digest_of(++number));
    }
    body.units.push_back(unit);
  }
  body.legend_hash = digest_of(200);
  body.key_commitment = digest_of(201);
  return body;
}

TEST(Manifest, ReadsWhatItSigned) {
  const Signer signer;
  const Manifest signed_one = *Manifest::sign(small_body(signer), signer.secret);
  const auto parsed = Manifest::parse(signed_one.bytes());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->bytes(), signed_one.bytes());
  EXPECT_EQ(parsed->digest(), base::sha256(signed_one.bytes()));
  EXPECT_EQ(parsed->merkle_root(), signed_one.merkle_root());
  EXPECT_EQ(parsed->merkle_root(), merkle_root_of(small_body(signer)));
  const ManifestBody& body = parsed->body();
  EXPECT_EQ(body.upload, small_body(signer).upload);
  EXPECT_EQ(body.columns, small_body(signer).columns);
  ASSERT_EQ(body.units.size(), 2U);
  EXPECT_EQ(body.units[1].chunks, 65U);
  EXPECT_EQ(body.units[1].cap_of_totals, 33U);
  EXPECT_EQ(body.units[1].segments, small_body(signer).units[1].segments);
  EXPECT_EQ(body.units[0].hint_hashes, small_body(signer).units[0].hint_hashes);
  EXPECT_EQ(body.legend_hash, digest_of(200));
  EXPECT_EQ(body.key_commitment, digest_of(201));
  EXPECT_STREQ(parsed->parameters().name, "wide");
}

TEST(Manifest, RefusesEveryTruncationAndExtension) {
  const Signer signer;
  base::Bytes bytes = Manifest::sign(small_body(signer), signer.secret)->bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto parsed = Manifest::parse(base::ByteView(bytes).first(length));
    ASSERT_FALSE(parsed.ok()) << length;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kIntegrity) << length;
  }
  bytes.push_back(0);
  EXPECT_FALSE(Manifest::parse(bytes).ok());
}

TEST(Manifest, RefusesEveryFlippedBit) {
  const Signer signer;
  const base::Bytes bytes = Manifest::sign(small_body(signer), signer.secret)->bytes();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    base::Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    const auto parsed = Manifest::parse(flipped);
    ASSERT_FALSE(parsed.ok()) << bit;
    const bool unknown = bit / 8 == 4 || (bit / 8 == 5 && !find_parameter_set(flipped[5]).ok());
    EXPECT_EQ(parsed.error().code,
              unknown ? base::ErrorCode::kBadInput : base::ErrorCode::kIntegrity)
        << bit;
  }
}

TEST(Manifest, RefusesHugeCountsBeforeAllocating) {
  const Signer signer;
  base::Bytes bytes = Manifest::sign(small_body(signer), signer.secret)->bytes();
  const std::size_t counts = 8 + 16 + 32 + 32;
  for (std::size_t i = 0; i < 8; ++i) bytes[counts + i] = 0xFF;
  EXPECT_FALSE(Manifest::parse(bytes).ok());
  bytes[counts] = 0, bytes[counts + 1] = 0x10, bytes[counts + 2] = 0, bytes[counts + 3] = 0;
  bytes[counts + 4] = 0, bytes[counts + 5] = 0, bytes[counts + 6] = 1, bytes[counts + 7] = 0;
  EXPECT_FALSE(Manifest::parse(bytes).ok());  // 4096 columns, 65536 units
}

TEST(Manifest, RefusesToSignABadBody) {
  const Signer signer;
  const auto refused = [&](const std::function<void(ManifestBody&)>& spoil) {
    ManifestBody body = small_body(signer);
    spoil(body);
    const auto result = Manifest::sign(body, signer.secret);
    return !result.ok() && result.error().code == base::ErrorCode::kBadInput;
  };
  EXPECT_FALSE(refused([](ManifestBody&) {}));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.columns[1] = body.columns[0]; }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[1].id = body.units[0].id; }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[0].chunks = 1; }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[0].chunks = (1U << 19) + 1; }));
  EXPECT_TRUE(refused([](ManifestBody& body) {  // the largest unit of `narrow` has 257 chunks
    body.parameter_set = ParameterSetId::kNarrow;
    body.units[0].chunks = 258;
    for (auto& column : body.units[0].segments) column.resize(5);
  }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[1].segments[0].pop_back(); }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[1].hint_hashes.pop_back(); }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units[0].cap_of_totals = 2731; }));
  EXPECT_FALSE(refused([](ManifestBody& body) { body.units[0].cap_of_totals = 2730; }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.units.clear(); }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.columns.clear(); }));
  EXPECT_TRUE(refused([](ManifestBody& body) { body.contributor_key[0] ^= 1; }));
}

TEST(MerkleTree, GivesTheRootsOfCertificateTransparency) {
  // The reference tree of RFC 6962's authors (certificate-transparency, merkle_tree_test).
  const std::array<const char*, 8> leaves = {"",
                                             "00",
                                             "10",
                                             "2021",
                                             "3031",
                                             "40414243",
                                             "5051525354555657",
                                             "606162636465666768696a6b6c6d6e6f"};
  const std::array<const char*, 8> roots = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  std::vector<base::Digest> hashed;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    base::Bytes leaf(std::string_view(leaves[i]).size() / 2);
    ASSERT_TRUE(base::from_hex(leaves[i], leaf));
    hashed.push_back(merkle_leaf(leaf));
    EXPECT_EQ(base::to_hex(merkle_root(hashed)), roots[i]);
  }
}

}  // namespace
}  // namespace cryptonet::columns::format
