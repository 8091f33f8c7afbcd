// SPDX-License-Identifier: Apache-2.0
// SHA-256 (names of segments, Merkle trees), BLAKE2b (PRF, keyed), Poly1305 (universal hash) and
// HKDF-SHA-256 (RFC 5869).
// SHA-256 and Poly1305 are OpenSSL's, because they use the processor's instructions; BLAKE2b is
// libsodium's.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret_memory.h"

namespace cryptonet::base {

Digest sha256(ByteView bytes);

/// SHA-256 of bytes that arrive in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(ByteView bytes);
  /// The digest of all that was given; the stream may not be used afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Keyed BLAKE2b that takes its message in pieces; out.size() is 16 to 64, key.size() 16 to 64 (or
/// 0: no key).
class Blake2bStream {
 public:
  Blake2bStream(ByteView key, std::size_t out_size);
  ~Blake2bStream();
  Blake2bStream(const Blake2bStream&) = delete;
  Blake2bStream& operator=(const Blake2bStream&) = delete;
  void update(ByteView bytes);
  void finish(std::span<std::uint8_t> out);

 private:
  SecretVector<std::uint8_t> state_;
  std::size_t out_size_;
};

/// Poly1305 (RFC 8439, 2.5) under a key that is used for nothing known: a universal hash. Two given
/// messages of up to L bytes collide for at most 8 * ceil(L / 16) of 2^106 keys. Several messages
/// may share a key as long as no tag is shown.
std::array<std::uint8_t, 16> poly1305(std::span<const std::uint8_t, 32> key, ByteView message);

/// HKDF-SHA-256 with extract and expand; out.size() up to 8160 bytes.
void hkdf_sha256(ByteView input_key, ByteView salt, ByteView info, std::span<std::uint8_t> out);
/// HMAC-SHA-256.
Digest hmac_sha256(ByteView key, ByteView message);
/// Equality in constant time for equal sizes; false for different sizes.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace cryptonet::base
