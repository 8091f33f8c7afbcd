// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's own secret: one X25519 key, to which contributors seal upload keys. From it come
// two more keys: one seals the records of the state file (XChaCha20-Poly1305, random nonce, kind
// and name of the record as associated data), one makes keyed tags (HMAC-SHA-256) by which sealed
// records can be told equal. Whoever may call sealing_key() can read uploads' keys: that is open/
// alone. Immutable once made; any thread.
//
// Sealed record: nonce (24) | ciphertext | tag (16).
#pragma once

#include <array>
#include <filesystem>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::keys {

/// What a record is; a record of one kind cannot be passed for another.
enum class RecordKind : std::uint8_t {
  kEnrolmentSecret = 1,
  kSchema = 2,
  kOpenedTotal = 3,
  kAnswer = 4
};

class KeyRing {
 public:
  /// A fresh key. `randomness` is kept for nonces and must outlive the ring.
  static KeyRing generate(base::Randomness& randomness);
  /// kLocalIo when the file cannot be read, kIntegrity when it is no key.
  static base::Result<KeyRing> load(const std::filesystem::path& file,
                                    base::Randomness& randomness);
  base::Status save(base::FileSystem& files, const std::filesystem::path& file) const;

  const std::array<std::uint8_t, 32>& public_key() const { return public_key_; }
  const base::Secret<32>& sealing_key() const { return sealing_key_; }
  /// What goes into the hash of a password beside it, so that a copy of state.db alone cannot be
  /// searched for passwords. The same for the whole life of a home.
  const base::Secret<32>& pepper() const { return pepper_; }

  base::Bytes seal(RecordKind kind, base::ByteView name, base::ByteView clear) const;
  /// kIntegrity when the record was made for another kind, name or gatekeeper, or altered.
  base::Result<base::SecretVector<std::uint8_t>> unseal(RecordKind kind, base::ByteView name,
                                                        base::ByteView sealed) const;
  base::Digest tag(RecordKind kind, base::ByteView clear) const;

 private:
  KeyRing(base::Secret<32> sealing_key, base::Randomness& randomness);
  base::Randomness* randomness_;
  base::Secret<32> sealing_key_;
  base::Secret<32> record_key_;
  base::Secret<32> tag_key_;
  base::Secret<32> pepper_;
  std::array<std::uint8_t, 32> public_key_{};
};

}  // namespace cryptonet::gatekeeper::keys
