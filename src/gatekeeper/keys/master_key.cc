// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/master_key.h"

#include <sodium.h>

#include "base/hash.h"

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

base::Secret<32> derive(const base::Secret<32>& key, std::string_view label) {
  base::Secret<32> derived;
  base::hkdf_sha256(key.span(), {}, base::view_of(label), derived.span());
  return derived;
}
}  // namespace

MasterKey::MasterKey(base::Secret<32> key)
    : key_(std::move(key)), wrapping_key_(derive(key_, "cryptonet gatekeeper kept keys v1")) {
  base::start_sodium();
}

MasterKey MasterKey::generate(base::Randomness& randomness) {
  base::Secret<32> key;
  randomness.fill(key.span());
  return MasterKey(std::move(key));
}

MasterKey MasterKey::copy_of(std::span<const std::uint8_t, 32> bytes) {
  return MasterKey(base::Secret<32>::copy_of(bytes));
}

MasterId MasterKey::id() const {
  MasterId id{};
  base::hkdf_sha256(key_.span(), {}, base::view_of("cryptonet gatekeeper master id v1"), id);
  return id;
}

base::Bytes MasterKey::seal(std::string_view name, base::ByteView clear,
                            base::Randomness& randomness) const {
  base::Bytes sealed(kNonceBytes + clear.size() + kTagBytes);
  randomness.fill(std::span(sealed).first(kNonceBytes));
  const auto associated = base::view_of(name);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceBytes, nullptr, clear.data(),
                                             clear.size(), associated.data(), associated.size(),
                                             nullptr, sealed.data(), wrapping_key_.data());
  return sealed;
}

Result<base::SecretVector<std::uint8_t>> MasterKey::unseal(std::string_view name,
                                                           base::ByteView sealed) const {
  const Error refused(ErrorCode::kIntegrity, "keys.kept",
                      "the kept key '" + std::string(name) + "' does not open",
                      "seal.json and state.db must be of the same home folder");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const auto associated = base::view_of(name);
  base::SecretVector<std::uint8_t> clear(sealed.size() - kNonceBytes - kTagBytes);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      clear.data(), nullptr, nullptr, sealed.data() + kNonceBytes, sealed.size() - kNonceBytes,
      associated.data(), associated.size(), sealed.data(), wrapping_key_.data());
  if (opened != 0) return refused;
  return clear;
}

base::Secret<32> MasterKey::backup_secret() const {
  return derive(key_, "cryptonet gatekeeper backup v1");
}

std::array<std::uint8_t, 32> MasterKey::backup_public() const {
  std::array<std::uint8_t, 32> key{};
  CHECK(crypto_scalarmult_base(key.data(), backup_secret().data()) == 0);
  return key;
}

}  // namespace cryptonet::gatekeeper::keys
