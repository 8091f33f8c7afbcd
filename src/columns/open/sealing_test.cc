// SPDX-License-Identifier: Apache-2.0
// The upload key and the legend reach the gatekeeper they were sealed to, and nobody else.
#include <gtest/gtest.h>

#include "columns/open/upload_testing.h"

namespace cryptonet::columns {
namespace {

const UploadForTest& sealed_upload() {
  static const UploadForTest upload = make_upload(usual_plans(), {random_rows(10, 71)}, 71);
  return upload;
}

base::Result<open::UploadKey> unseal(const format::SealedKey& sealed) {
  const UploadForTest& upload = sealed_upload();
  return open::unseal_key(*upload.manifest, sealed, upload.gatekeeper_secret,
                          upload.enrolment_secret);
}

void expect_uniform(const base::Error& error) {
  EXPECT_EQ(error.code, base::ErrorCode::kIntegrity);
  EXPECT_EQ(error.rule, open::opening_refused().rule);
  EXPECT_EQ(error.message, open::opening_refused().message);
}

TEST(SealedKey, OpensForItsGatekeeper) {
  const auto key = unseal(*sealed_upload().sealed_key);
  ASSERT_TRUE(key.ok());
  const auto legend = open::unseal_legend(*sealed_upload().manifest, *key, sealed_upload().legend);
  ASSERT_TRUE(legend.ok());
  EXPECT_EQ(base::text_of(*legend), "legend");
}

TEST(SealedKey, IsRefusedWhateverIsWrong) {
  const UploadForTest& upload = sealed_upload();
  for (std::size_t byte = 0; byte < 120; ++byte) {
    format::SealedKey changed = *upload.sealed_key;
    if (byte < 16)
      changed.upload.bytes[byte] ^= 1;
    else if (byte < 48)
      changed.ephemeral_key[byte - 16] ^= 1;
    else if (byte < 72)
      changed.nonce[byte - 48] ^= 1;
    else
      changed.ciphertext[byte - 72] ^= 1;
    const auto key = unseal(changed);
    ASSERT_FALSE(key.ok()) << byte;
    expect_uniform(key.error());
  }
  const base::Secret<32> other;
  const auto wrong_gatekeeper =
      open::unseal_key(*upload.manifest, *upload.sealed_key, other, upload.enrolment_secret);
  const auto wrong_enrolment =
      open::unseal_key(*upload.manifest, *upload.sealed_key, upload.gatekeeper_secret, other);
  ASSERT_FALSE(wrong_gatekeeper.ok());
  ASSERT_FALSE(wrong_enrolment.ok());
  expect_uniform(wrong_gatekeeper.error());
  expect_uniform(wrong_enrolment.error());
}

TEST(SealedKey, IsBoundToTheManifest) {
  const UploadForTest& upload = sealed_upload();
  format::ManifestBody body = upload.body;
  body.units[0].hint_hashes[0][0] ^= 1;  // the same contributor signs another content
  const auto other = format::Manifest::sign(body, upload.signing_key);
  const auto key = open::unseal_key(*other, *upload.sealed_key, upload.gatekeeper_secret,
                                    upload.enrolment_secret);
  ASSERT_FALSE(key.ok());
  expect_uniform(key.error());
}

TEST(SealedKey, MustMatchTheCommitment) {
  const UploadForTest& upload = sealed_upload();
  // A cheating contributor seals K but commits to another key: sealing to the root of that body.
  const std::vector<encrypt::ColumnPlan> plans = usual_plans();
  ClonedRandomness randomness(72);
  base::Secret<32> device;
  auto encryptor = *encrypt::UploadEncryptor::create(format::wide_set(), plans, device, randomness);
  format::ManifestBody body = upload.body;
  body.upload = encryptor.upload();  // but key_commitment is that of the other upload
  std::array<std::uint8_t, 32> gatekeeper{};
  ASSERT_EQ(crypto_scalarmult_base(gatekeeper.data(), upload.gatekeeper_secret.data()), 0);
  const auto sealed =
      encryptor.seal_key(gatekeeper, upload.enrolment_secret, format::merkle_root_of(body));
  const auto manifest = format::Manifest::sign(body, upload.signing_key);
  const auto key =
      open::unseal_key(*manifest, *sealed, upload.gatekeeper_secret, upload.enrolment_secret);
  ASSERT_FALSE(key.ok());
  expect_uniform(key.error());
  body.key_commitment = encryptor.key_commitment();
  const auto honest =
      encryptor.seal_key(gatekeeper, upload.enrolment_secret, format::merkle_root_of(body));
  EXPECT_TRUE(open::unseal_key(*format::Manifest::sign(body, upload.signing_key), *honest,
                               upload.gatekeeper_secret, upload.enrolment_secret)
                  .ok());
}

TEST(SealedKey, AllZeroX25519IsRefusedOnBothSides) {
  const UploadForTest& upload = sealed_upload();
  ClonedRandomness randomness(73);
  auto encryptor =
      *encrypt::UploadEncryptor::create(format::wide_set(), usual_plans(), {}, randomness);
  std::array<std::uint8_t, 32> low_order{};
  for (const std::uint8_t first : {std::uint8_t{0}, std::uint8_t{1}}) {  // of small order
    low_order[0] = first;
    const auto sealed = encryptor.seal_key(low_order, upload.enrolment_secret, {});
    ASSERT_FALSE(sealed.ok());
    EXPECT_EQ(sealed.error().code, base::ErrorCode::kIntegrity);
    format::SealedKey received = *upload.sealed_key;
    received.ephemeral_key = low_order;
    const auto key = unseal(received);
    ASSERT_FALSE(key.ok());
    expect_uniform(key.error());
  }
}

TEST(SealedLegend, IsRefusedWhenChangedOrForeign) {
  const UploadForTest& upload = sealed_upload();
  const open::UploadKey key = *unseal(*upload.sealed_key);
  for (std::size_t byte = 0; byte < upload.legend.size(); ++byte) {
    base::Bytes changed = upload.legend;
    changed[byte] ^= 1;
    EXPECT_FALSE(open::unseal_legend(*upload.manifest, key, changed).ok());
    // even if the manifest is signed again over the changed bytes
    format::ManifestBody body = upload.body;
    body.legend_hash = base::sha256(changed);
    const auto resigned = format::Manifest::sign(body, upload.signing_key);
    EXPECT_FALSE(open::unseal_legend(*resigned, key, changed).ok());
  }
  EXPECT_FALSE(open::unseal_legend(*upload.manifest, key, {}).ok());
  EXPECT_FALSE(open::unseal_legend(*upload.manifest, open::UploadKey(), upload.legend).ok());
  EXPECT_FALSE(open::UploadOpener::create(*upload.manifest, open::UploadKey()).ok());
}

}  // namespace
}  // namespace cryptonet::columns
