// SPDX-License-Identifier: Apache-2.0
// Known answers of an independent program in Python, over a BLAKE2b without libraries and hashlib's
// SHAKE, which reproduces Microsoft SEAL's own seeded objects. The primes are the worst ones below
// 2^50, and the seeds were searched for two words that are drawn again. tests/seal_compat holds
// many more expansions against SEAL itself.
#include "he/seal/seed.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/hash.h"
#include "he/seal/blake2xb.h"

namespace cryptonet::he::seal {
namespace {

base::Bytes counting(std::size_t size) {
  base::Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

std::string xof(base::ByteView key, base::ByteView message, std::size_t size) {
  base::Bytes out(size);
  blake2xb(key, message, out);
  return base::to_hex(out);
}

TEST(Blake2xb, OfSeveralNodesUnderAKey) {
  EXPECT_EQ(xof(counting(64), counting(256), 137),
            "3880f5cc2d08fa70ef44b1f263fcf534d062a298c1bd5ee2eee8c3265806c4ce50b004f3a1fc1fa5b024"
            "aaac7f528c023c8181f67c6e1c357425dc4d573bd46b93a542afa3a19bdb140a2ce666e1a01f5c4d2dcd"
            "681fa9f5839b797813c394738d5ee4971386c12c7c117d17c7bec324b760aa30cda9ab2aa850284ba6fa"
            "97946f710f02449d1883c6");
}

TEST(Blake2xb, OfOneByteAndOfOneMoreThanANode) {
  EXPECT_EQ(xof({}, counting(256), 1), "f0");
  EXPECT_EQ(xof({}, counting(256), 65),
            "c6f0b1b66f22726cef3e4fca2325d2bb4e922b39f9df5ef548d321419c07391fc311904407f98db7d746"
            "2db1e8576138baeac2a76400b2a2f72b4497c19e239430");
}

/// SHA-256 of the words of an expansion modulo three primes at N = 1024.
std::string expansion_digest(SeedKind kind, std::uint8_t first, std::uint8_t second,
                             std::uint8_t step) {
  const bgv::Chain chain = *bgv::Chain::create(*bgv::BgvParameters::insecure_create(
      {1024, {1125831253276673, 1125831253358593, 1125831253364737}, 12289}));
  Seed seed;
  seed.kind = kind;
  // byte i is (number + i * step) mod 256, but for the number's own two bytes
  const unsigned number = first + 256U * second;
  for (std::size_t i = 0; i < seed.bytes.size(); ++i) {
    seed.bytes[i] = static_cast<std::uint8_t>(number + i * step);
  }
  seed.bytes[0] = first;
  seed.bytes[1] = second;
  std::vector<std::uint64_t> words(chain.ring().words());
  expand_seed(seed, chain, 3, words);
  base::ByteWriter bytes;
  for (const std::uint64_t word : words) bytes.u64(word);
  return base::to_hex(base::sha256(bytes.bytes()));
}

TEST(ExpandSeed, DrawsRefusedWordsAgainFromTheEndOfTheStream) {
  EXPECT_EQ(expansion_digest(SeedKind::kBlake2xb, 273 % 256, 1, 7),
            "f26f1e934be193741a244707b2e3971fec14226f150673dd4f77029cae2eec10");
  EXPECT_EQ(expansion_digest(SeedKind::kShake256, 38, 0, 11),
            "d25a4a2b52bb1015b2a0643385e652e0286ee38248bbed2d37010de9f6518e84");
}

}  // namespace
}  // namespace cryptonet::he::seal
