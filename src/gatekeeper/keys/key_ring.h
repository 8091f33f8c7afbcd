// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's keys in memory (how they lie on the disk: key_store.h). Three kinds:
//   root     32 random bytes for the whole life of a home. Others derive from it by HKDF-SHA-256
//            with a label each: keyed tags (HMAC-SHA-256) by which sealed records can be told
//            equal, the pepper of passwords, and what other rooms ask for by derived().
//   records  seals the records of the state file (XChaCha20-Poly1305, random nonce, kind and name
//            of the record as associated data). A rotation replaces it.
//   sealing  X25519 keys, to which contributors seal upload keys. A rotation adds a generation.
//            Whoever may call sealing_keys() can read uploads' keys: that is open/ alone.
// A sealed ring holds nothing and may only be asked whether it is sealed. It is filled and emptied
// by the home, while nobody uses it; between that, any thread.
//
// Sealed record: nonce (24) | ciphertext | tag (16).
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::keys {

/// What a record is; a record of one kind cannot be passed for another.
enum class RecordKind : std::uint8_t {
  kEnrolmentSecret = 1,
  kSchema = 2,
  kOpenedTotal = 3,
  kAnswer = 4,
  kTotpSeed = 5,
  kHintPiece = 16  ///< its keyed tag is a key itself, for one tag of one piece (open/hint_tags.h)
};

struct SealingKey {
  std::uint32_t generation = 1;
  base::Secret<32> secret;
  std::array<std::uint8_t, 32> public_key{};
};
/// With its public half.
SealingKey sealing_key_of(std::uint32_t generation, base::Secret<32> secret);

/// What a ring is filled with.
struct RingKeys {
  base::Secret<32> root;
  base::Secret<32> records;
  std::vector<SealingKey> sealing;  ///< newest first; at least one

  static RingKeys generate(base::Randomness& randomness);
};

class KeyRing {
 public:
  /// A sealed one. `randomness` is kept for nonces and must outlive the ring.
  explicit KeyRing(base::Randomness& randomness) : randomness_(&randomness) {}
  /// Fresh keys.
  static KeyRing generate(base::Randomness& randomness);

  void fill(RingKeys keys);
  /// Wipes every key.
  void empty() { keys_.reset(); }
  bool sealed() const { return keys_ == nullptr; }

  /// The newest sealing key: what contributors are to seal to.
  const std::array<std::uint8_t, 32>& public_key() const;
  /// Newest first.
  std::span<const SealingKey> sealing_keys() const;
  /// What goes into the hash of a password beside it, so that a copy of state.db alone cannot be
  /// searched for passwords. The same for the whole life of a home.
  const base::Secret<32>& pepper() const;
  /// A key of its own for each label, the same for the whole life of a home.
  base::Secret<32> derived(std::string_view label) const;

  base::Bytes seal(RecordKind kind, base::ByteView name, base::ByteView clear) const;
  /// kIntegrity when the record was made for another kind, name or gatekeeper, or altered.
  base::Result<base::SecretVector<std::uint8_t>> unseal(RecordKind kind, base::ByteView name,
                                                        base::ByteView sealed) const;
  base::Digest tag(RecordKind kind, base::ByteView clear) const;

 private:
  struct Filled {
    RingKeys keys;
    base::Secret<32> tag_key;
    base::Secret<32> pepper;
  };
  const Filled& filled() const;
  base::Randomness* randomness_;
  std::unique_ptr<const Filled> keys_;
};

}  // namespace cryptonet::gatekeeper::keys
