// SPDX-License-Identifier: Apache-2.0
#include "columns/keys/sealing.h"

#include <sodium.h>

#include "base/declassify.h"

namespace cryptonet::columns::keys {

base::Result<format::SealedKey> seal_upload_key(const UploadKey& upload_key,
                                                const SealingTarget& target,
                                                base::Randomness& randomness) {
  base::start_sodium();
  base::Secret<32> ephemeral_secret;
  randomness.fill(ephemeral_secret.span());
  format::SealedKey sealed;
  sealed.upload = target.upload;
  CHECK(crypto_scalarmult_base(sealed.ephemeral_key.data(), ephemeral_secret.data()) == 0);
  base::Secret<32> shared;
  const int all_zero = crypto_scalarmult(shared.data(), ephemeral_secret.data(),
                                         target.gatekeeper_public_key.data());
  if (base::declassified(all_zero) != 0) {  // public: a property of the gatekeeper's public key
    return base::Error(base::ErrorCode::kIntegrity, "seal.gatekeeper_key",
                       "the gatekeeper's public key is one that gives an all-zero X25519 result",
                       "fetch the gatekeeper's key again, from the gatekeeper itself");
  }
  const base::Secret<32> key =
      derive_sealing_key(shared, target.enrolment_secret, sealed.upload,
                         {sealed.ephemeral_key, target.gatekeeper_public_key});
  randomness.fill(sealed.nonce);
  const base::Digest& root = target.merkle_root;
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.ciphertext.data(), nullptr,
                                                   upload_key.data(), 32, root.data(), root.size(),
                                                   nullptr, sealed.nonce.data(), key.data()) == 0);
  return sealed;
}

}  // namespace cryptonet::columns::keys
