// SPDX-License-Identifier: Apache-2.0
// Sealing an upload key to a gatekeeper: by the contributor that made it, and by the gatekeeper
// that replaces the key it was sealed to.
#pragma once

#include "base/randomness.h"
#include "columns/format/sealed_key.h"
#include "columns/keys/upload_key.h"

namespace cryptonet::columns::keys {

/// To whom, and beside what, an upload key is sealed.
struct SealingTarget {
  const format::UploadId& upload;
  std::span<const std::uint8_t, 32> gatekeeper_public_key;
  const base::Secret<32>& enrolment_secret;
  const base::Digest& merkle_root;
};

/// kIntegrity for a public key that gives an all-zero X25519 result.
base::Result<format::SealedKey> seal_upload_key(const UploadKey& key, const SealingTarget& target,
                                                base::Randomness& randomness);

}  // namespace cryptonet::columns::keys
