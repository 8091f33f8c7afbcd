// SPDX-License-Identifier: Apache-2.0
// The reverse of columns/encrypt/sealing.cc. Whatever is wrong, the error is the same.
#include <sodium.h>

#include "base/hash.h"
#include "columns/open/opener.h"

namespace cryptonet::columns::open {

base::Error opening_refused() {
  return base::Error(base::ErrorCode::kIntegrity, "open",
                     "the opening failed: what was received is not what was encrypted");
}

base::Result<UploadKey> unseal_key(const format::Manifest& manifest,
                                   const format::SealedKey& sealed,
                                   const base::Secret<32>& gatekeeper_secret_key,
                                   const base::Secret<32>& enrolment_secret) {
  base::start_sodium();
  if (sealed.upload != manifest.body().upload) return opening_refused();
  std::array<std::uint8_t, 32> public_key{};
  if (crypto_scalarmult_base(public_key.data(), gatekeeper_secret_key.data()) != 0) {
    return opening_refused();
  }
  base::Secret<32> shared;
  if (crypto_scalarmult(shared.data(), gatekeeper_secret_key.data(), sealed.ephemeral_key.data()) !=
      0) {
    return opening_refused();  // an all-zero result
  }
  const base::Secret<32> sealing_key = keys::derive_sealing_key(
      shared, enrolment_secret, sealed.upload, {sealed.ephemeral_key, public_key});
  const base::Digest& root = manifest.merkle_root();
  UploadKey key;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          key.data(), nullptr, nullptr, sealed.ciphertext.data(), sealed.ciphertext.size(),
          root.data(), root.size(), sealed.nonce.data(), sealing_key.data()) != 0) {
    return opening_refused();
  }
  if (!base::equal_constant_time(keys::commitment_to(key, sealed.upload),
                                 manifest.body().key_commitment)) {
    return opening_refused();
  }
  return key;
}

base::Result<base::Bytes> unseal_legend(const format::Manifest& manifest, const UploadKey& key,
                                        base::ByteView sealed_legend) {
  base::start_sodium();
  constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed_legend.size() < kNonceBytes + kTagBytes ||
      base::sha256(sealed_legend) != manifest.body().legend_hash) {
    return opening_refused();
  }
  const format::UploadId& upload = manifest.body().upload;
  const base::Secret<32> legend_key = keys::derive_legend_key(key, upload);
  base::Bytes legend(sealed_legend.size() - kNonceBytes - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          legend.data(), nullptr, nullptr, sealed_legend.data() + kNonceBytes,
          sealed_legend.size() - kNonceBytes, upload.bytes.data(), upload.bytes.size(),
          sealed_legend.data(), legend_key.data()) != 0) {
    return opening_refused();
  }
  return legend;
}

}  // namespace cryptonet::columns::open
