// SPDX-License-Identifier: Apache-2.0
// HKDF with one label per derived key, so that no key serves two purposes.
#include "gatekeeper/keys/key_ring.h"

#include <sodium.h>

#include <string>

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

base::Bytes associated_data(RecordKind kind, base::ByteView name) {
  base::ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(kind));
  writer.block(name);
  return std::move(writer).take();
}
}  // namespace

SealingKey sealing_key_of(std::uint32_t generation, base::Secret<32> secret) {
  base::start_sodium();
  SealingKey key{generation, std::move(secret), {}};
  CHECK(crypto_scalarmult_base(key.public_key.data(), key.secret.data()) == 0);
  return key;
}

RingKeys RingKeys::generate(base::Randomness& randomness) {
  RingKeys keys;
  randomness.fill(keys.root.span());
  randomness.fill(keys.records.span());
  base::Secret<32> sealing;
  randomness.fill(sealing.span());
  keys.sealing.push_back(sealing_key_of(1, std::move(sealing)));
  return keys;
}

KeyRing KeyRing::generate(base::Randomness& randomness) {
  KeyRing ring(randomness);
  ring.fill(RingKeys::generate(randomness));
  return ring;
}

void KeyRing::fill(RingKeys keys) {
  CHECK(!keys.sealing.empty());
  base::start_sodium();
  auto filled = std::make_unique<Filled>();
  filled->tag_key = derive(keys.root, "cryptonet gatekeeper tags v1");
  filled->pepper = derive(keys.root, "cryptonet gatekeeper pepper v1");
  filled->keys = std::move(keys);
  keys_ = std::move(filled);
}

const KeyRing::Filled& KeyRing::filled() const {
  CHECK(keys_ != nullptr);  // whoever uses keys asks first whether the home is sealed
  return *keys_;
}

const std::array<std::uint8_t, 32>& KeyRing::public_key() const {
  return filled().keys.sealing.front().public_key;
}

std::span<const SealingKey> KeyRing::sealing_keys() const { return filled().keys.sealing; }

const base::Secret<32>& KeyRing::pepper() const { return filled().pepper; }

base::Secret<32> KeyRing::derived(std::string_view label) const {
  const std::string whole = "cryptonet gatekeeper derived " + std::string(label);
  return derive(filled().keys.root, whole);
}

base::Bytes KeyRing::seal(RecordKind kind, base::ByteView name, base::ByteView clear) const {
  const base::Bytes associated = associated_data(kind, name);
  base::Bytes sealed(kNonceBytes + clear.size() + kTagBytes);
  randomness_->fill(std::span(sealed).first(kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceBytes, nullptr, clear.data(),
                                             clear.size(), associated.data(), associated.size(),
                                             nullptr, sealed.data(), filled().keys.records.data());
  return sealed;
}

Result<base::SecretVector<std::uint8_t>> KeyRing::unseal(RecordKind kind, base::ByteView name,
                                                         base::ByteView sealed) const {
  const Error refused(ErrorCode::kIntegrity, "keys.record",
                      "a sealed record of the gatekeeper's state does not open",
                      "state.db and seal.json must be of the same home folder");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const base::Bytes associated = associated_data(kind, name);
  base::SecretVector<std::uint8_t> clear(sealed.size() - kNonceBytes - kTagBytes);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      clear.data(), nullptr, nullptr, sealed.data() + kNonceBytes, sealed.size() - kNonceBytes,
      associated.data(), associated.size(), sealed.data(), filled().keys.records.data());
  if (opened != 0) return refused;
  return clear;
}

base::Digest KeyRing::tag(RecordKind kind, base::ByteView clear) const {
  base::ByteWriter message;
  message.u8(static_cast<std::uint8_t>(kind));
  message.raw(clear);
  return base::hmac_sha256(filled().tag_key.span(), message.bytes());
}

}  // namespace cryptonet::gatekeeper::keys
