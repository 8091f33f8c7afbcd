// SPDX-License-Identifier: Apache-2.0
// Little-endian bytes in and out. ByteReader is for hostile input: it never reads past the end, and
// after the first failure every later read fails too, so a parser may read a whole record and ask
// once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cryptonet::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
/// A SHA-256 digest.
using Digest = std::array<std::uint8_t, 32>;

inline ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal digits.
std::string to_hex(ByteView bytes);
/// Lower-case hex of exactly out.size() bytes; false (and `out` unspecified) for anything else.
bool from_hex(std::string_view hex, std::span<std::uint8_t> out);
/// Base64, standard alphabet with padding (RFC 4648 section 4).
std::string to_base64(ByteView bytes);
/// The reverse; kBadInput for anything that to_base64 would not write.
Result<Bytes> from_base64(std::string_view text);

/// Appends little-endian values to a byte vector.
class ByteWriter {
 public:
  ByteWriter() = default;
  /// Room for `capacity` bytes at once, so that a secret in them is not left behind by growth.
  explicit ByteWriter(std::size_t capacity) { bytes_.reserve(capacity); }
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { append(value); }
  void u32(std::uint32_t value) { append(value); }
  void u64(std::uint64_t value) { append(value); }
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  /// u32 length, then the bytes.
  void block(ByteView bytes);
  const Bytes& bytes() const& { return bytes_; }
  Bytes take() && { return std::move(bytes_); }

 private:
  template <typename T>
  void append(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }
  Bytes bytes_;
};

/// Reads little-endian values. After the end is passed ok() is false and every value is zero.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}
  std::uint8_t u8() { return take<std::uint8_t>(); }
  std::uint16_t u16() { return take<std::uint16_t>(); }
  std::uint32_t u32() { return take<std::uint32_t>(); }
  std::uint64_t u64() { return take<std::uint64_t>(); }
  /// The next `count` bytes, borrowed; empty on failure.
  ByteView raw(std::size_t count);
  /// Fills `out`.
  void copy_to(std::span<std::uint8_t> out);
  /// A u32 length, at most `limit`, then that many bytes.
  ByteView block(std::size_t limit);
  std::size_t remaining() const { return rest_.size(); }
  bool ok() const { return ok_; }
  /// True when all was read and nothing failed.
  bool finished() const { return ok_ && rest_.empty(); }
  /// Marks the input as bad: for a parser that met a forbidden value.
  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  template <typename T>
  T take() {
    const ByteView bytes = raw(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = static_cast<T>(value | (static_cast<T>(bytes[i]) << (8 * i)));
    }
    return value;
  }
  ByteView rest_;
  bool ok_ = true;
};

/// Reads the u48 words of the packed form: six bytes each, little-endian. out.size() ==
/// bytes.size() / 6.
void unpack_u48(ByteView bytes, std::span<std::uint64_t> out);
/// Writes each word (< 2^48) as six bytes.
void pack_u48(std::span<const std::uint64_t> words, std::span<std::uint8_t> out);

}  // namespace cryptonet::base
