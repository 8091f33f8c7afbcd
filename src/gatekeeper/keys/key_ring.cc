// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/key_ring.h"

#include <sodium.h>

#include <string>

#include "base/hash.h"
#include "gatekeeper/keys/sealed_bytes.h"

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

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
  filled->tag_key = derived_key(keys.root, "cryptonet gatekeeper tags v1");
  filled->pepper = derived_key(keys.root, "cryptonet gatekeeper pepper v1");
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
  return derived_key(filled().keys.root, whole);
}

base::Bytes KeyRing::seal(RecordKind kind, base::ByteView name, base::ByteView clear) const {
  return seal_bytes(filled().keys.records, associated_data(kind, name), clear, *randomness_);
}

Result<base::SecretVector<std::uint8_t>> KeyRing::unseal(RecordKind kind, base::ByteView name,
                                                         base::ByteView sealed) const {
  auto clear = unseal_bytes(filled().keys.records, associated_data(kind, name), sealed);
  if (clear.has_value()) return std::move(*clear);
  return Error(ErrorCode::kIntegrity, "keys.record",
               "a sealed record of the gatekeeper's state does not open",
               "state.db and seal.json must be of the same home folder");
}

base::Digest KeyRing::tag(RecordKind kind, base::ByteView clear) const {
  base::ByteWriter message;
  message.u8(static_cast<std::uint8_t>(kind));
  message.raw(clear);
  return base::hmac_sha256(filled().tag_key.span(), message.bytes());
}

}  // namespace cryptonet::gatekeeper::keys
