// SPDX-License-Identifier: Apache-2.0
#include "he/seal/objects.h"

#include <algorithm>
#include <bit>
#include <string>

#include "he/seal/object_writer.h"

namespace cryptonet::he::seal {
namespace {

constexpr std::uint8_t kSchemeBgv = 3;
constexpr std::size_t kModulusBytes = kHeaderBytes + 8;
constexpr std::size_t kSeedBytes = kHeaderBytes + 1 + 64;
constexpr std::uint64_t kScaleOne = 0x3FF0000000000000;  // the double 1.0
/// The members of a ciphertext before its array, without the object's header.
constexpr std::size_t kCiphertextPrefix = 32 + 1 + 3 * 8 + 8 + 8;

std::uint64_t read_modulus(ObjectReader& in, const char* field) {
  in.nested(kModulusBytes, field);
  return in.u64();
}

void write_modulus(base::ByteWriter& out, std::uint64_t value) {
  write_header(out, 8);
  out.u64(value);
}

/// The level named by the next 32 bytes; fails and gives 1 for a stranger's.
std::size_t read_level(ObjectReader& in, const bgv::Chain& chain) {
  bgv::LevelId id{};
  in.bytes(id);
  const auto primes = chain.primes_of(id);
  if (!primes) in.fail("parms_id", "is of no level of these parameters");
  return primes.value_or(1);
}

void read_words(ObjectReader& in, const bgv::Chain& chain, bgv::Ciphertext& out,
                std::size_t polynomials) {
  for (std::size_t k = 0; k < polynomials && in.ok(); ++k) {
    for (std::size_t j = 0; j < out.primes() && in.ok(); ++j) {
      in.words(out.residue(k, j), chain.ring().modulus(j).value(), "ciphertext words");
    }
  }
}

void read_seed(ObjectReader& in, const bgv::Chain& chain, bgv::Ciphertext& out) {
  in.nested(kSeedBytes, "seed");
  Seed seed;
  const std::uint8_t kind = in.u8();
  in.bytes(seed.bytes);
  if (!in.ok()) return;
  if (kind != static_cast<std::uint8_t>(SeedKind::kBlake2xb) &&
      kind != static_cast<std::uint8_t>(SeedKind::kShake256)) {
    return in.fail("seed", "is of an unknown generator; known are Blake2xb and Shake256");
  }
  seed.kind = static_cast<SeedKind>(kind);
  expand_seed(seed, chain, out.primes(), out.polynomial(1));
}

/// The members of a ciphertext. `outer` is false when its own header comes first.
std::optional<bgv::Ciphertext> read_ciphertext_members(ObjectReader& in, const bgv::Chain& chain,
                                                       bool outer) {
  // A nested header names the size before anything else is known: whether that is right can only
  // be said when the array's size has been read.
  std::optional<std::uint64_t> declared;
  if (!outer) declared = in.nested_size("public key");
  const std::size_t primes = read_level(in, chain);
  if (const std::uint8_t is_ntt = in.u8(); in.ok() && is_ntt != 1) {
    in.fail("is_ntt_form", "must be 1: BGV's ciphertexts are in NTT form since SEAL 4.1");
  }
  const std::uint64_t polynomials = in.u64();
  if (in.ok() && (polynomials < bgv::kPolynomialsMin || polynomials > bgv::kPolynomialsMax)) {
    in.fail("size", "is " + std::to_string(polynomials) + "; a ciphertext has 2 to 16 polynomials");
  }
  in.expect(chain.ring_degree(), "poly_modulus_degree");
  in.expect(primes, "coeff_modulus_size");
  if (const std::uint64_t scale = in.u64(); in.ok() && scale != kScaleOne) {
    in.fail("scale", "must be 1 in BGV");
  }
  const std::uint64_t factor = in.u64();
  if (in.ok() && (factor == 0 || factor >= chain.plaintext_modulus().value())) {
    in.fail("correction_factor", "must be from 1 to below the plaintext modulus");
  }
  if (!in.ok()) return std::nullopt;
  const std::uint64_t polynomial = primes * chain.ring_degree();
  const std::uint64_t count = in.array_of(polynomial, polynomials * polynomial, "data");
  const bool seeded = count == polynomial;
  if (in.ok() && seeded && polynomials != 2) in.fail("size", "must be 2 where a seed follows");
  const std::uint64_t total =
      kHeaderBytes + kCiphertextPrefix + kHeaderBytes + 8 + 8 * count + (seeded ? kSeedBytes : 0);
  if (in.ok() && declared && *declared != total) {
    in.fail("public key", "says " + std::to_string(*declared) + " bytes where its members have " +
                              std::to_string(total));
  }
  if (!in.ok()) return std::nullopt;
  bgv::Ciphertext made(chain, primes, polynomials);
  made.set_correction_factor(factor);
  read_words(in, chain, made, seeded ? 1 : polynomials);
  if (seeded) read_seed(in, chain, made);
  if (!in.ok()) return std::nullopt;
  return made;
}

void write_ciphertext_members(base::ByteWriter& out, const bgv::Ciphertext& ciphertext,
                              const Seed* seed) {
  out.raw(ciphertext.level());
  out.u8(1);
  out.u64(ciphertext.polynomials());
  out.u64(ciphertext.ring_degree());
  out.u64(ciphertext.primes());
  out.u64(kScaleOne);
  out.u64(ciphertext.correction_factor());
  write_array(out, seed == nullptr ? ciphertext.words() : ciphertext.polynomial(0));
  if (seed == nullptr) return;
  write_header(out, kSeedBytes - kHeaderBytes);
  out.u8(static_cast<std::uint8_t>(seed->kind));
  out.raw(seed->bytes);
}

/// A ciphertext at the key level with two polynomials and factor 1, or nothing.
std::optional<bgv::Ciphertext> read_key_members(ObjectReader& in, const bgv::Chain& chain,
                                                bool outer) {
  auto key = read_ciphertext_members(in, chain, outer);
  if (key && (key->primes() != chain.key_primes() || key->polynomials() != 2 ||
              key->correction_factor() != 1)) {
    in.fail("public key", "must be at the key level, with two polynomials and factor 1");
    return std::nullopt;
  }
  return key;
}

void read_switching_keys(ObjectReader& in, const bgv::Chain& chain, std::size_t keys_min,
                         std::size_t keys_max, bgv::KeySwitchingKeys& out) {
  const std::size_t level = read_level(in, chain);
  if (in.ok() && level != chain.key_primes()) in.fail("parms_id", "is not the key level's");
  const std::uint64_t count = in.u64();
  if (in.ok() && (count < keys_min || count > keys_max)) {
    in.fail("keys_dim1", "is " + std::to_string(count) + "; here it must be from " +
                             std::to_string(keys_min) + " to " + std::to_string(keys_max));
  }
  if (in.ok() && !chain.has_special_prime()) in.fail("parameters", "have no special prime");
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    auto& digits = out.keys.emplace_back();
    const std::uint64_t parts = in.u64();
    if (in.ok() && parts != 0 && parts != chain.data_primes()) {
      in.fail("keys_dim2", "is " + std::to_string(parts) + "; here it must be 0 or " +
                               std::to_string(chain.data_primes()));
    }
    for (std::uint64_t j = 0; j < parts && in.ok(); ++j) {
      if (auto digit = read_key_members(in, chain, false)) digits.push_back(std::move(*digit));
    }
  }
}

}  // namespace

base::Result<bgv::BgvParametersLiteral> read_parameters(base::ByteView bytes) {
  ObjectReader in("parameters", bytes);
  if (const std::uint8_t scheme = in.u8(); in.ok() && scheme != kSchemeBgv) {
    in.fail("scheme", "is " + std::to_string(scheme) + "; only BGV (3) is read here");
  }
  bgv::BgvParametersLiteral literal;
  literal.ring_degree = in.u64();
  if (in.ok() &&
      (literal.ring_degree > ntt::kRingDegreeMax || !std::has_single_bit(literal.ring_degree))) {
    in.fail("poly_modulus_degree", "is not a power of two up to 32768");
  }
  const std::uint64_t primes = in.u64();
  if (in.ok() && (primes == 0 || primes > bgv::kCiphertextModuliMax)) {
    in.fail("coeff_modulus_size", "is not from 1 to 18");
  }
  for (std::uint64_t i = 0; i < primes && in.ok(); ++i) {
    literal.ciphertext_moduli.push_back(read_modulus(in, "coeff_modulus"));
  }
  literal.plaintext_modulus = read_modulus(in, "plain_modulus");
  CN_RETURN_IF_ERROR(in.finish());
  return literal;
}

base::Bytes write_parameters(const bgv::BgvParameters& parameters, Compression compression) {
  base::ByteWriter out;
  out.u8(kSchemeBgv);
  out.u64(parameters.ring_degree());
  out.u64(parameters.ciphertext_moduli().size());
  for (const std::uint64_t prime : parameters.ciphertext_moduli()) write_modulus(out, prime);
  write_modulus(out, parameters.plaintext_modulus());
  return write_object(out.bytes(), compression);
}

base::Result<bgv::Message> read_plaintext(const bgv::Chain& chain, base::ByteView bytes) {
  ObjectReader in("plaintext", bytes);
  bgv::LevelId id{};
  in.bytes(id);
  if (in.ok() && id != bgv::LevelId{}) {
    in.fail("parms_id", "must be zero: plaintexts are read in coefficient form");
  }
  const std::uint64_t count = in.u64();
  if (in.ok() && count > chain.ring_degree()) {
    in.fail("coeff_count", "is " + std::to_string(count) + "; the limit is " +
                               std::to_string(chain.ring_degree()));
  }
  if (const std::uint64_t scale = in.u64(); in.ok() && scale != kScaleOne) {
    in.fail("scale", "must be 1 in BGV");
  }
  if (in.ok()) in.array(count, "data");
  bgv::Message message;
  if (in.ok()) message.coefficients.resize(count);
  in.words(message.coefficients, chain.plaintext_modulus().value(), "coefficients");
  CN_RETURN_IF_ERROR(in.finish());
  return message;
}

base::Bytes write_plaintext(const bgv::Message& message, Compression compression) {
  base::ByteWriter out;
  out.raw(bgv::LevelId{});
  out.u64(message.coefficients.size());
  out.u64(kScaleOne);
  write_array(out, message.coefficients);
  return write_object(out.bytes(), compression);
}

base::Result<bgv::Ciphertext> read_ciphertext(const bgv::Chain& chain, base::ByteView bytes) {
  ObjectReader in("ciphertext", bytes);
  auto made = read_ciphertext_members(in, chain, true);
  CN_RETURN_IF_ERROR(in.finish());
  return std::move(*made);
}

base::Bytes write_ciphertext(const bgv::Ciphertext& ciphertext, Compression compression) {
  base::ByteWriter out;
  write_ciphertext_members(out, ciphertext, nullptr);
  return write_object(out.bytes(), compression);
}

base::Bytes write_seeded_ciphertext(const bgv::Ciphertext& ciphertext, const Seed& seed,
                                    Compression compression) {
  CHECK(ciphertext.polynomials() == 2);
  base::ByteWriter out;
  write_ciphertext_members(out, ciphertext, &seed);
  return write_object(out.bytes(), compression);
}

base::Result<bgv::PublicKey> read_public_key(const bgv::Chain& chain, base::ByteView bytes) {
  ObjectReader in("public key", bytes);
  auto made = read_key_members(in, chain, true);
  CN_RETURN_IF_ERROR(in.finish());
  return bgv::PublicKey{std::move(*made)};
}

base::Bytes write_public_key(const bgv::PublicKey& key, Compression compression) {
  return write_ciphertext(key.zero, compression);
}

base::Result<bgv::RelinearisationKeys> read_relinearisation_keys(const bgv::Chain& chain,
                                                                 base::ByteView bytes) {
  ObjectReader in("relinearisation keys", bytes);
  bgv::RelinearisationKeys keys;
  read_switching_keys(in, chain, 1, bgv::kPolynomialsMax - 2, keys);
  CN_RETURN_IF_ERROR(in.finish());
  return keys;
}

base::Result<bgv::GaloisKeys> read_galois_keys(const bgv::Chain& chain, base::ByteView bytes) {
  ObjectReader in("Galois keys", bytes);
  bgv::GaloisKeys keys;
  read_switching_keys(in, chain, chain.ring_degree(), chain.ring_degree(), keys);
  CN_RETURN_IF_ERROR(in.finish());
  return keys;
}

base::Bytes write_switching_keys(const bgv::Chain& chain, const bgv::KeySwitchingKeys& keys,
                                 Compression compression) {
  base::ByteWriter out;
  out.raw(chain.id(chain.key_primes()));
  out.u64(keys.keys.size());
  for (const auto& digits : keys.keys) {
    out.u64(digits.size());
    for (const bgv::Ciphertext& digit : digits) {
      out.raw(write_ciphertext(digit, Compression::kNone));
    }
  }
  return write_object(out.bytes(), compression);
}

}  // namespace cryptonet::he::seal
