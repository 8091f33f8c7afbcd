// SPDX-License-Identifier: Apache-2.0
// Every object, changed in every byte: it is refused, or written again as the very bytes that were
// read. What is compressed, cut or blown up is refused as cleanly. That the bytes are SEAL's is
// tests/seal_compat's business.
#include "he/seal/objects.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <functional>
#include <random>

#include "he/seal/object_writer.h"

namespace cryptonet::he::seal {
namespace {

// N = 16: primes = 1 mod 32.
const bgv::Chain& toy_chain() {
  static const bgv::Chain chain =
      *bgv::Chain::create(*bgv::BgvParameters::insecure_create({16, {12289, 13313, 15361}, 97}));
  return chain;
}

bgv::Ciphertext random_ciphertext(const bgv::Chain& chain, std::size_t primes,
                                  std::size_t polynomials, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  bgv::Ciphertext made(chain, primes, polynomials);
  for (std::size_t k = 0; k < polynomials; ++k) {
    for (std::size_t j = 0; j < primes; ++j) {
      for (auto& word : made.residue(k, j)) word = engine() % chain.ring().modulus(j).value();
    }
  }
  return made;
}

bgv::KeySwitchingKeys random_keys(std::size_t count) {
  bgv::KeySwitchingKeys keys;
  keys.keys.resize(count);
  for (const std::size_t i : {std::size_t{0}, count - 1}) {
    keys.keys[i].clear();
    for (std::size_t j = 0; j < toy_chain().data_primes(); ++j) {
      keys.keys[i].push_back(random_ciphertext(toy_chain(), 3, 2, 10 * i + j));
    }
  }
  return keys;
}

/// Reads, and writes what was read; the error when it is refused.
using Copy = std::function<base::Result<base::Bytes>(base::ByteView)>;

struct Kind {
  const char* name;
  base::Bytes bytes;
  Copy copy;
};

std::vector<Kind> every_kind() {
  const bgv::Chain& chain = toy_chain();
  constexpr auto kNone = Compression::kNone;
  bgv::Ciphertext ciphertext = random_ciphertext(chain, 2, 3, 1);
  ciphertext.set_correction_factor(5);
  const auto copy_parameters = [](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto literal, read_parameters(bytes));
    CN_ASSIGN(const auto parameters, bgv::BgvParameters::insecure_create(literal));
    return write_parameters(parameters, kNone);
  };
  const auto copy_plaintext = [&chain](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto message, read_plaintext(chain, bytes));
    return write_plaintext(message, kNone);
  };
  const auto copy_ciphertext = [&chain](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto made, read_ciphertext(chain, bytes));
    return write_ciphertext(made, kNone);
  };
  const auto copy_public_key = [&chain](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto made, read_public_key(chain, bytes));
    return write_public_key(made, kNone);
  };
  const auto copy_relinearisation = [&chain](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto made, read_relinearisation_keys(chain, bytes));
    return write_switching_keys(chain, made, kNone);
  };
  const auto copy_galois = [&chain](base::ByteView bytes) -> base::Result<base::Bytes> {
    CN_ASSIGN(const auto made, read_galois_keys(chain, bytes));
    return write_switching_keys(chain, made, kNone);
  };
  return {
      {"parameters", write_parameters(chain.parameters(), kNone), copy_parameters},
      {"plaintext", write_plaintext({{1, 2, 96}}, kNone), copy_plaintext},
      {"ciphertext", write_ciphertext(ciphertext, kNone), copy_ciphertext},
      {"public key", write_public_key({random_ciphertext(chain, 3, 2, 2)}, kNone), copy_public_key},
      {"relinearisation keys", write_switching_keys(chain, random_keys(2), kNone),
       copy_relinearisation},
      {"Galois keys", write_switching_keys(chain, random_keys(16), kNone), copy_galois}};
}

base::Bytes compressed(const Kind& kind, Compression compression) {
  return write_object(base::ByteView(kind.bytes).subspan(kHeaderBytes), compression);
}

TEST(SealObjects, SurviveBeingReadAndWritten) {
  for (const Kind& kind : every_kind()) {
    for (const auto mode : {Compression::kNone, Compression::kZlib, Compression::kZstd}) {
      const auto copy = kind.copy(mode == Compression::kNone ? kind.bytes : compressed(kind, mode));
      ASSERT_TRUE(copy.ok()) << kind.name << ": " << copy.error().message;
      EXPECT_EQ(*copy, kind.bytes) << kind.name;
    }
  }
}

TEST(SealObjects, EveryChangedByteIsRefusedOrKept) {
  for (const Kind& kind : every_kind()) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < kind.bytes.size(); ++i) {
      for (const unsigned change : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 255U}) {
        base::Bytes bytes = kind.bytes;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ change);
        const auto copy = kind.copy(bytes);
        if (!copy.ok()) {
          ++refused;
          EXPECT_EQ(copy.error().code, base::ErrorCode::kBadInput);
          continue;
        }
        // 4.1 to 4.4 are one format; what is written is 4.1
        if (i == 4) bytes[4] = 1;
        if (*copy != bytes) {
          // a nested header's version is the only other thing that may differ
          base::Bytes normal = bytes;
          if (normal[i] >= 1 && normal[i] <= 4) normal[i] = 1;
          ASSERT_EQ(*copy, normal) << kind.name << ", byte " << i << ", change " << change;
        }
      }
    }
    EXPECT_GT(refused, kind.bytes.size()) << kind.name;
  }
}

TEST(SealObjects, EveryCutAndEveryAdditionIsRefused) {
  for (const Kind& kind : every_kind()) {
    for (const auto mode : {Compression::kNone, Compression::kZlib, Compression::kZstd}) {
      const base::Bytes whole = mode == Compression::kNone ? kind.bytes : compressed(kind, mode);
      for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
        if (size == whole.size()) continue;
        base::Bytes bytes = whole;
        bytes.resize(size);
        EXPECT_FALSE(kind.copy(bytes).ok()) << kind.name << " cut to " << size;
        // the same with a header that agrees
        if (size < kHeaderBytes) continue;
        for (std::size_t i = 0; i < 8; ++i) {
          bytes[8 + i] = static_cast<std::uint8_t>(std::uint64_t{size} >> (8 * i));
        }
        EXPECT_FALSE(kind.copy(bytes).ok()) << kind.name << " cut with its header to " << size;
      }
    }
  }
}

TEST(SealObjects, ChangedCompressedBytesNeverGiveAnotherObjectUnseen) {
  // zlib carries a checksum; zstd as SEAL writes it does not, so a change may give other words,
  // but only ones that fit.
  for (const Kind& kind : every_kind()) {
    for (const auto mode : {Compression::kZlib, Compression::kZstd}) {
      const base::Bytes whole = compressed(kind, mode);
      for (std::size_t i = 0; i < whole.size(); ++i) {
        base::Bytes bytes = whole;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ 0x55U);
        const auto copy = kind.copy(bytes);
        if (mode == Compression::kZlib && copy.ok()) {
          EXPECT_EQ(*copy, kind.bytes) << kind.name << ", byte " << i;
        } else if (copy.ok()) {
          EXPECT_TRUE(kind.copy(*copy).ok()) << kind.name << ", byte " << i;
        }
      }
    }
  }
}

TEST(SealObjects, ABombIsRefusedAsSoonAsItIsTooMuch) {
  const bgv::Chain& chain = toy_chain();
  // A ciphertext whose array goes on with 128 MiB of zeros.
  base::Bytes members = write_ciphertext(bgv::Ciphertext(chain, 2, 2), Compression::kNone);
  members.erase(members.begin(), members.begin() + kHeaderBytes);
  members.resize(std::size_t{1} << 27);
  const base::Bytes bomb = write_object(members, Compression::kZstd);
  EXPECT_LT(bomb.size(), 20000U);
  const auto refused = read_ciphertext(chain, bomb);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("go on after"), std::string::npos);
}

TEST(SealObjects, WhatCouldNotBeThereIsNotAllocated) {
  // The header of the largest ciphertext of a large chain, and nothing behind it, in every mode.
  const bgv::Chain chain = *bgv::Chain::create(*bgv::BgvParameters::create(
      {8192, {281474976694273, 281474976546817, 281474976317441}, 562949952847873}));
  base::Bytes members = write_ciphertext(bgv::Ciphertext(chain, 2, 16), Compression::kNone);
  members.resize(kHeaderBytes + 32 + 1 + 3 * 8 + 8 + 8 + kHeaderBytes + 8);
  members.erase(members.begin(), members.begin() + kHeaderBytes);
  for (const auto mode : {Compression::kNone, Compression::kZlib, Compression::kZstd}) {
    const auto refused = read_ciphertext(chain, write_object(members, mode));
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("can have"), std::string::npos)
        << refused.error().message;
  }
}

TEST(SealObjects, ErrorsNameTheFieldAndTheLimit) {
  const bgv::Chain& chain = toy_chain();
  base::Bytes bytes = write_ciphertext(random_ciphertext(chain, 2, 2, 3), Compression::kNone);
  const auto message_of = [&](std::size_t at, std::uint8_t value) {
    base::Bytes changed = bytes;
    changed[at] = value;
    const auto refused = read_ciphertext(chain, changed);
    return refused.ok() ? std::string("accepted") : refused.error().message;
  };
  EXPECT_NE(message_of(0, 0).find("header is not one of Microsoft SEAL's"), std::string::npos);
  EXPECT_NE(message_of(4, 0).find("SEAL 4.0; known are 4.1 to 4.4"), std::string::npos);
  EXPECT_NE(message_of(5, 3).find("unknown compression"), std::string::npos);
  EXPECT_NE(message_of(16, 7).find("parms_id is of no level"), std::string::npos);
  EXPECT_NE(message_of(48, 0).find("is_ntt_form must be 1"), std::string::npos);
  EXPECT_NE(message_of(49, 17).find("size is 17"), std::string::npos);
  EXPECT_NE(message_of(57, 32).find("poly_modulus_degree is 32; here it must be 16"),
            std::string::npos);
  EXPECT_NE(message_of(81, 97).find("correction_factor"), std::string::npos);
  EXPECT_EQ(read_ciphertext(chain, bytes).ok(), true);
}

}  // namespace
}  // namespace cryptonet::he::seal
