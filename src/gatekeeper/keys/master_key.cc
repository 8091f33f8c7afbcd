// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/master_key.h"

#include <sodium.h>

#include "base/hash.h"
#include "gatekeeper/keys/sealed_bytes.h"

namespace cryptonet::gatekeeper::keys {
using base::Error;
using base::ErrorCode;
using base::Result;

MasterKey::MasterKey(base::Secret<32> key)
    : key_(std::move(key)), wrapping_key_(derived_key(key_, "cryptonet gatekeeper kept keys v1")) {
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
  return seal_bytes(wrapping_key_, base::view_of(name), clear, randomness);
}

Result<base::SecretVector<std::uint8_t>> MasterKey::unseal(std::string_view name,
                                                           base::ByteView sealed) const {
  auto clear = unseal_bytes(wrapping_key_, base::view_of(name), sealed);
  if (clear.has_value()) return std::move(*clear);
  return Error(ErrorCode::kIntegrity, "keys.kept",
               "the kept key '" + std::string(name) + "' does not open",
               "seal.json and state.db must be of the same home folder");
}

base::Secret<32> MasterKey::backup_secret() const {
  return derived_key(key_, "cryptonet gatekeeper backup v1");
}

std::array<std::uint8_t, 32> MasterKey::backup_public() const {
  std::array<std::uint8_t, 32> key{};
  CHECK(crypto_scalarmult_base(key.data(), backup_secret().data()) == 0);
  return key;
}

}  // namespace cryptonet::gatekeeper::keys
