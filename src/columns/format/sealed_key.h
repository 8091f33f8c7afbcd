// SPDX-License-Identifier: Apache-2.0
// The upload key sealed to the gatekeeper: XChaCha20-Poly1305 under HKDF(X25519(ephemeral,
// gatekeeper) || enrolment secret; both public keys, upload id, suite), with the manifest's Merkle
// root as associated data. Bytes only; sealing is in columns/encrypt and unsealing in columns/open.
#pragma once

#include "columns/format/manifest.h"

namespace cryptonet::columns::format {

/// X25519, HKDF-SHA-256, XChaCha20-Poly1305; the columns' secrets in five ternary digits a byte;
/// the unit's hints by their coefficients. No program reads the others any more: suite 1 took 16
/// bytes of the stream for each coefficient of a secret, suite 2 had hints in transformed form.
/// The suite says so of an upload, because the hash of a hint does not know its form.
inline constexpr std::uint32_t kSealingSuite = 3;

struct SealedKey {
  UploadId upload;
  std::array<std::uint8_t, 32> ephemeral_key{};  ///< X25519 public
  std::array<std::uint8_t, 24> nonce{};
  std::array<std::uint8_t, 48> ciphertext{};  ///< 32 bytes of key and 16 of tag
};
base::Bytes write_sealed_key(const SealedKey& sealed);
base::Result<SealedKey> parse_sealed_key(base::ByteView bytes);

}  // namespace cryptonet::columns::format
