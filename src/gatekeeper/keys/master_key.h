// SPDX-License-Identifier: Apache-2.0
// The master key: 32 random bytes that seal the gatekeeper's other keys and nothing else, and that
// are themselves sealed by a passphrase, by shares, or not at all (seal_file.h). A new one is made
// whenever the passphrase or the shares change. It is in memory only while keys are loaded or
// written. Not shared between threads.
//
// A sealed key: nonce (24) | XChaCha20-Poly1305 ciphertext | tag (16), the key's name as associated
// data.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::keys {

/// Which master key it is; says nothing about it.
using MasterId = std::array<std::uint8_t, 16>;

class MasterKey {
 public:
  static MasterKey generate(base::Randomness& randomness);
  static MasterKey copy_of(std::span<const std::uint8_t, 32> bytes);

  base::ByteView bytes() const { return key_.span(); }
  MasterId id() const;
  base::Bytes seal(std::string_view name, base::ByteView clear, base::Randomness& randomness) const;
  /// kIntegrity when the key was sealed under another name or master key, or altered.
  base::Result<base::SecretVector<std::uint8_t>> unseal(std::string_view name,
                                                        base::ByteView sealed) const;
  /// X25519, to which backups are encrypted: who makes one needs the public half alone.
  base::Secret<32> backup_secret() const;
  std::array<std::uint8_t, 32> backup_public() const;

 private:
  explicit MasterKey(base::Secret<32> key);
  base::Secret<32> key_;
  base::Secret<32> wrapping_key_;
};

}  // namespace cryptonet::gatekeeper::keys
