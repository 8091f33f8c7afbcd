// SPDX-License-Identifier: Apache-2.0
// Reads one serialised object of Microsoft SEAL (docs/formats/seal.md) from hostile bytes: the
// outermost header, then its members, inflated piece by piece as they are asked for, so that what
// is never asked for is never unpacked. After the first failure every later read gives zeros; the
// parser asks once, at the end. A compressed body may unpack to 64 times its size and 1 MiB: honest
// ciphertexts and keys hardly shrink.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace cryptonet::he::seal {

enum class Compression : std::uint8_t { kNone = 0, kZlib = 1, kZstd = 2 };

inline constexpr std::size_t kHeaderBytes = 16;

class ObjectReader {
 public:
  /// `object` ("ciphertext") is named in errors.
  ObjectReader(const char* object, base::ByteView bytes);
  ~ObjectReader();
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  void bytes(std::span<std::uint8_t> out);
  std::uint8_t u8();
  std::uint64_t u64();
  /// Fills `out` with words, all of which must be below `limit`.
  void words(std::span<std::uint64_t> out, std::uint64_t limit, const char* field);
  /// The header of a nested object, which must be of `size` bytes.
  void nested(std::uint64_t size, const char* field);
  /// The size that the header of a nested object declares.
  std::uint64_t nested_size(const char* field);
  /// A nested array of `count` words: its header and count; the words follow.
  void array(std::uint64_t count, const char* field);
  /// The same for an array of one of two lengths; gives the one it has.
  std::uint64_t array_of(std::uint64_t count, std::uint64_t other, const char* field);
  /// Fails unless u64() gives `expected`.
  void expect(std::uint64_t expected, const char* field);
  /// Fails with "<object>: <field> <why>".
  void fail(const char* field, const std::string& why);

  bool ok() const { return error_.empty(); }
  /// ok() and nothing is left over; the first error (kBadInput, "seal.format") otherwise.
  base::Status finish();

 private:
  class Source;
  struct Header {
    std::uint8_t compression = 0;
    std::uint64_t size = 0;
  };
  Header header(const char* field);
  void open_body(std::uint8_t compression);
  /// Fails when the stream cannot, or may not, hold `count` more bytes: asked before allocating.
  void claim(std::uint64_t count, const char* field);

  const char* object_;
  std::unique_ptr<Source> source_;
  std::uint64_t bytes_left_;  ///< that members may still have
  std::string error_;
};

}  // namespace cryptonet::he::seal
