// SPDX-License-Identifier: Apache-2.0
// What leaves the contributor under a lock: the legend under a key of the upload's, the upload key
// under one that the gatekeeper alone can derive. XChaCha20-Poly1305 with random 24-byte nonces.
#include "columns/keys/sealing.h"

#include <sodium.h>

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
  return keys::seal_upload_key(
      state_->key, {state_->upload, gatekeeper_public_key, enrolment_secret, merkle_root},
      state_->randomness);
}

}  // namespace cryptonet::columns::encrypt
