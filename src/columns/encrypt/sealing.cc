// SPDX-License-Identifier: Apache-2.0
// What leaves the contributor under a lock: the legend under a key of the upload's, the upload key
// under one that the gatekeeper alone can derive. XChaCha20-Poly1305 with random 24-byte nonces.
#include <sodium.h>

#include "base/declassify.h"
#include "columns/encrypt/upload_state.h"

namespace cryptonet::columns::encrypt {

base::Bytes UploadEncryptor::seal_legend(base::ByteView legend) {
  CHECK(!state_->legend_sealed);
  state_->legend_sealed = true;
  const base::Secret<32> key = keys::derive_legend_key(state_->key, state_->upload);
  constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  base::Bytes sealed(kNonceBytes + legend.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  state_->randomness.fill(std::span(sealed).first(kNonceBytes));
  const auto& upload = state_->upload.bytes;
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.data() + kNonceBytes, nullptr, legend.data(), legend.size(), upload.data(),
            upload.size(), nullptr, sealed.data(), key.data()) == 0);
  return sealed;
}

base::Result<format::SealedKey> UploadEncryptor::seal_key(
    std::span<const std::uint8_t, 32> gatekeeper_public_key,
    const base::Secret<32>& enrolment_secret, const base::Digest& merkle_root) {
  base::start_sodium();
  base::Secret<32> ephemeral_secret;
  state_->randomness.fill(ephemeral_secret.span());
  format::SealedKey sealed;
  sealed.upload = state_->upload;
  CHECK(crypto_scalarmult_base(sealed.ephemeral_key.data(), ephemeral_secret.data()) == 0);
  base::Secret<32> shared;
  const int all_zero =
      crypto_scalarmult(shared.data(), ephemeral_secret.data(), gatekeeper_public_key.data());
  if (base::declassified(all_zero) != 0) {  // public: a property of the gatekeeper's public key
    return base::Error(base::ErrorCode::kIntegrity, "seal.gatekeeper_key",
                       "the gatekeeper's public key is one that gives an all-zero X25519 result",
                       "fetch the gatekeeper's key again, from the gatekeeper itself");
  }
  const base::Secret<32> key = keys::derive_sealing_key(
      shared, enrolment_secret, sealed.upload, {sealed.ephemeral_key, gatekeeper_public_key});
  state_->randomness.fill(sealed.nonce);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.ciphertext.data(), nullptr, state_->key.data(), 32, merkle_root.data(),
            merkle_root.size(), nullptr, sealed.nonce.data(), key.data()) == 0);
  return sealed;
}

}  // namespace cryptonet::columns::encrypt
