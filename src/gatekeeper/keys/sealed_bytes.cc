// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/sealed_bytes.h"

#include <sodium.h>

#include "base/hash.h"

namespace cryptonet::gatekeeper::keys {
namespace {
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kSealedExtraBytes == kNonceBytes + kTagBytes);
}  // namespace

base::Bytes seal_bytes(const base::Secret<32>& key, base::ByteView associated, base::ByteView clear,
                       base::Randomness& randomness) {
  base::Bytes sealed(clear.size() + kSealedExtraBytes);
  randomness.fill(std::span(sealed).first(kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceBytes, nullptr, clear.data(),
                                             clear.size(), associated.data(), associated.size(),
                                             nullptr, sealed.data(), key.data());
  return sealed;
}

std::optional<base::SecretVector<std::uint8_t>> unseal_bytes(const base::Secret<32>& key,
                                                             base::ByteView associated,
                                                             base::ByteView sealed) {
  if (sealed.size() < kSealedExtraBytes) return std::nullopt;
  base::SecretVector<std::uint8_t> clear(sealed.size() - kSealedExtraBytes);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      clear.data(), nullptr, nullptr, sealed.data() + kNonceBytes, sealed.size() - kNonceBytes,
      associated.data(), associated.size(), sealed.data(), key.data());
  if (opened != 0) return std::nullopt;
  return clear;
}

base::Secret<32> derived_key(const base::Secret<32>& key, std::string_view label) {
  base::Secret<32> derived;
  base::hkdf_sha256(key.span(), {}, base::view_of(label), derived.span());
  return derived;
}

}  // namespace cryptonet::gatekeeper::keys
