// SPDX-License-Identifier: Apache-2.0
// How a key of this gatekeeper seals bytes, and how one key comes from another: XChaCha20-Poly1305
// with a random nonce, HKDF-SHA-256 with a label each. What is sealed here is read here alone.
//
// Sealed: nonce (24) | ciphertext | tag (16).
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::keys {

/// How much longer sealed bytes are than clear ones.
inline constexpr std::size_t kSealedExtraBytes = 24 + 16;

base::Bytes seal_bytes(const base::Secret<32>& key, base::ByteView associated, base::ByteView clear,
                       base::Randomness& randomness);
/// Nothing when they were sealed by another key or beside other associated data, or altered.
std::optional<base::SecretVector<std::uint8_t>> unseal_bytes(const base::Secret<32>& key,
                                                             base::ByteView associated,
                                                             base::ByteView sealed);
/// One label per derived key, so that no key serves two purposes.
base::Secret<32> derived_key(const base::Secret<32>& key, std::string_view label);

}  // namespace cryptonet::gatekeeper::keys
