// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

namespace cryptonet::base {
namespace {

// FIPS 180-2, appendix B.1.
TEST(Sha256, AgreesWithTheStandardInOnePieceAndInSeveral) {
  const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(to_hex(sha256(view_of("abc"))), expected);
  Sha256Stream stream;
  stream.update(view_of("a"));
  stream.update(view_of("bc"));
  EXPECT_EQ(to_hex(stream.finish()), expected);
}

// RFC 8439, section 2.5.2.
TEST(Poly1305, AgreesWithRfc8439) {
  std::array<std::uint8_t, 32> key{};
  ASSERT_TRUE(from_hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", key));
  EXPECT_EQ(to_hex(poly1305(key, view_of("Cryptographic Forum Research Group"))),
            "a8061dc1305136c6c22b8baf0c0127a9");
}

// RFC 5869, appendix A.1.
TEST(Hkdf, AgreesWithRfc5869) {
  const Bytes key(22, 0x0b);
  Bytes salt(13);
  Bytes info(10);
  for (std::uint8_t i = 0; i < 13; ++i) salt[i] = i;
  for (std::uint8_t i = 0; i < 10; ++i) info[i] = static_cast<std::uint8_t>(0xf0 + i);
  Bytes out(42);
  hkdf_sha256(key, salt, info, out);
  EXPECT_EQ(to_hex(out),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

// RFC 5869, appendix A.3: neither salt nor info.
TEST(Hkdf, AgreesWithRfc5869WithoutSalt) {
  const Bytes key(22, 0x0b);
  Bytes out(42);
  hkdf_sha256(key, {}, {}, out);
  EXPECT_EQ(to_hex(out),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// RFC 7693, appendix A (unkeyed BLAKE2b-512 of "abc"), first 16 bytes.
TEST(Blake2b, AgreesWithRfc7693) {
  Blake2bStream stream({}, 64);
  stream.update(view_of("abc"));
  Bytes out(64);
  stream.finish(out);
  EXPECT_EQ(to_hex(ByteView(out).first(16)), "ba80a53f981c4d0d6a2797b69f12f6e9");
}

}  // namespace
}  // namespace cryptonet::base
