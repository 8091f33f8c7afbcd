// SPDX-License-Identifier: Apache-2.0
// HKDF with one label per derived key, so that no key serves two purposes.
#include "gatekeeper/keys/key_ring.h"

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

base::Bytes associated_data(RecordKind kind, base::ByteView name) {
  base::ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(kind));
  writer.block(name);
  return std::move(writer).take();
}
}  // namespace

KeyRing::KeyRing(base::Secret<32> sealing_key, base::Randomness& randomness)
    : randomness_(&randomness),
      sealing_key_(std::move(sealing_key)),
      record_key_(derive(sealing_key_, "cryptonet gatekeeper records v1")),
      tag_key_(derive(sealing_key_, "cryptonet gatekeeper tags v1")),
      pepper_(derive(sealing_key_, "cryptonet gatekeeper pepper v1")) {
  base::start_sodium();
  CHECK(crypto_scalarmult_base(public_key_.data(), sealing_key_.data()) == 0);
}

KeyRing KeyRing::generate(base::Randomness& randomness) {
  base::Secret<32> key;
  randomness.fill(key.span());
  return KeyRing(std::move(key), randomness);
}

Result<KeyRing> KeyRing::load(const std::filesystem::path& file, base::Randomness& randomness) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(file, 4096));
  base::Secret<32> key;
  const bool whole = bytes.size() == key.span().size();
  if (whole) std::copy(bytes.begin(), bytes.end(), key.span().begin());
  base::wipe(bytes.data(), bytes.size());
  if (!whole) {
    return Error(ErrorCode::kIntegrity, "keys.sealing_key",
                 "the gatekeeper's sealing key must be 32 bytes",
                 "restore the file from a backup of the home folder")
        .at(file.string());
  }
  return KeyRing(std::move(key), randomness);
}

base::Status KeyRing::save(base::FileSystem& files, const std::filesystem::path& file) const {
  return base::write_atomically(files, file, sealing_key_.span(), 0600);
}

base::Bytes KeyRing::seal(RecordKind kind, base::ByteView name, base::ByteView clear) const {
  const base::Bytes associated = associated_data(kind, name);
  base::Bytes sealed(kNonceBytes + clear.size() + kTagBytes);
  randomness_->fill(std::span(sealed).first(kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceBytes, nullptr, clear.data(),
                                             clear.size(), associated.data(), associated.size(),
                                             nullptr, sealed.data(), record_key_.data());
  return sealed;
}

Result<base::SecretVector<std::uint8_t>> KeyRing::unseal(RecordKind kind, base::ByteView name,
                                                         base::ByteView sealed) const {
  const Error refused(ErrorCode::kIntegrity, "keys.record",
                      "a sealed record of the gatekeeper's state does not open",
                      "state.db and sealing.key must be of the same home folder");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const base::Bytes associated = associated_data(kind, name);
  base::SecretVector<std::uint8_t> clear(sealed.size() - kNonceBytes - kTagBytes);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      clear.data(), nullptr, nullptr, sealed.data() + kNonceBytes, sealed.size() - kNonceBytes,
      associated.data(), associated.size(), sealed.data(), record_key_.data());
  if (opened != 0) return refused;
  return clear;
}

base::Digest KeyRing::tag(RecordKind kind, base::ByteView clear) const {
  base::ByteWriter message;
  message.u8(static_cast<std::uint8_t>(kind));
  message.raw(clear);
  return base::hmac_sha256(tag_key_.span(), message.bytes());
}

}  // namespace cryptonet::gatekeeper::keys
