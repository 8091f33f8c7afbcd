// SPDX-License-Identifier: Apache-2.0
// Circuits on encrypted slots against the same on integers, with the phase held against its bound
// after every step; and the published attack: plain BGV gives its whole key to whoever may have one
// crafted ciphertext decrypted. Why masked columns have no entrance for it: tests/boundary.
#include "he/secret/decryptor.h"

#include <gtest/gtest.h>

#include <random>

#include "he/bgv/encoder.h"
#include "he/bgv/evaluator.h"
#include "he/bgv/noise_bounds.h"
#include "he/secret/key_generator.h"
#include "he/secret/phase_inspector_testing.h"
#include "he/secret/seal_secret_key.h"

namespace cryptonet::he::secret {
namespace {

class SeededRandomness final : public base::Randomness {
 public:
  explicit SeededRandomness(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

// N = 1024, two data primes of 50 bits and a special one, t = 12289.
struct Toy {
  bgv::Chain chain = *bgv::Chain::create(*bgv::BgvParameters::insecure_create(
      {1024, {1125831253276673, 1125831253358593, 1125831253364737}, 12289}));
  SeededRandomness randomness{77};
  TernarySecret secret = generate_secret(chain, randomness);
  bgv::PublicKey public_key = generate_public_key(chain, secret, randomness);
  bgv::Encoder encoder{chain.parameters()};
  bgv::Evaluator evaluator{chain};
  bgv::NoiseBounds bounds{chain.parameters()};
  Decryptor decryptor{chain, secret};

  std::vector<std::uint64_t> random_slots(std::uint64_t seed) const {
    std::mt19937_64 engine(seed);
    std::vector<std::uint64_t> slots(chain.ring_degree());
    for (auto& slot : slots) slot = engine() % chain.plaintext_modulus().value();
    return slots;
  }
  bgv::Message encode(const std::vector<std::uint64_t>& slots) const {
    bgv::Message message{std::vector<std::uint64_t>(slots.size())};
    encoder.encode(slots, message.coefficients);
    return message;
  }
  std::vector<std::uint64_t> decrypt(const bgv::Ciphertext& ciphertext) const {
    auto message = *decryptor.decrypt(ciphertext);
    std::vector<std::uint64_t> slots(message.coefficients.size());
    encoder.decode(message.coefficients, slots);
    return slots;
  }
  bgv::Integer phase(const bgv::Ciphertext& ciphertext) const {
    return insecure_PhaseInspector::largest(decryptor, ciphertext);
  }
};

TEST(Decryptor, OpensEveryKindOfEncryptionWithinItsBound) {
  Toy toy;
  const auto slots = toy.random_slots(1);
  const auto message = toy.encode(slots);
  const auto symmetric = *encrypt_symmetric(toy.chain, toy.secret, message, toy.randomness);
  const auto seeded = *encrypt_seeded(toy.chain, toy.secret, message, toy.randomness);
  const auto by_public = *encrypt_public(toy.chain, toy.public_key, message, toy.randomness);
  EXPECT_EQ(toy.decrypt(symmetric), slots);
  EXPECT_EQ(toy.decrypt(seeded.ciphertext), slots);
  EXPECT_EQ(toy.decrypt(by_public), slots);
  EXPECT_LE(toy.phase(symmetric), toy.bounds.fresh_symmetric());
  EXPECT_LE(toy.phase(by_public), toy.bounds.fresh_public());
  const auto again = *encrypt_symmetric(toy.chain, toy.secret, message, toy.randomness);
  EXPECT_NE(again, symmetric);
}

TEST(Decryptor, FollowsACircuitWithinItsBounds) {
  Toy toy;
  const arith::Modulus& t = toy.chain.plaintext_modulus();
  auto slots = toy.random_slots(2);
  const auto other = toy.random_slots(3);
  auto a = *encrypt_symmetric(toy.chain, toy.secret, toy.encode(slots), toy.randomness);
  const auto b = *encrypt_symmetric(toy.chain, toy.secret, toy.encode(other), toy.randomness);
  bgv::Integer bound = toy.bounds.fresh_symmetric();
  const auto expect_slots = [&](const char* step) {
    EXPECT_TRUE(toy.bounds.admits(bound, a.primes())) << step;
    EXPECT_LE(toy.phase(a), bound) << step;
    EXPECT_EQ(toy.decrypt(a), slots) << step;
  };
  a = *toy.evaluator.multiply(a, b);
  bound = toy.bounds.product(bound, toy.bounds.fresh_symmetric());
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = t.multiply(slots[i], other[i]);
  expect_slots("multiply");
  const auto keys = *generate_relinearisation_keys(toy.chain, toy.secret, 3, toy.randomness);
  a = *toy.evaluator.relinearise(a, keys);
  bound = toy.bounds.key_switched(bound, 2);
  expect_slots("relinearise");
  a = *toy.evaluator.switch_modulus(a);
  bound = toy.bounds.switched(bound, 2, 2);
  expect_slots("switch");
  EXPECT_NE(a.correction_factor(), 1U);
  a = *toy.evaluator.add_plain(a, toy.encode(other));
  bound = toy.bounds.plain_sum(bound);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = t.add(slots[i], other[i]);
  expect_slots("add_plain");
}

TEST(Decryptor, OpensRelinearisedProductsOfThree) {
  Toy toy;
  const arith::Modulus& t = toy.chain.plaintext_modulus();
  auto slots = toy.random_slots(4);
  const auto a = *encrypt_symmetric(toy.chain, toy.secret, toy.encode(slots), toy.randomness);
  const auto keys = *generate_relinearisation_keys(toy.chain, toy.secret, 3, toy.randomness);
  const auto cube = *toy.evaluator.multiply(*toy.evaluator.multiply(a, a), a);
  for (auto& slot : slots) slot = t.multiply(slot, t.multiply(slot, slot));
  EXPECT_EQ(cube.polynomials(), 4U);
  EXPECT_EQ(toy.decrypt(cube), slots);
  EXPECT_EQ(toy.decrypt(*toy.evaluator.relinearise(cube, keys)), slots);
}

TEST(SecretKey, IsReadAsItWasWrittenAndNothingElseIs) {
  Toy toy;
  const base::Bytes bytes = write_secret_key(toy.chain, toy.secret);
  const auto back = read_secret_key(toy.chain, bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(write_secret_key(toy.chain, *back), bytes);
  std::mt19937_64 engine(5);
  for (int trial = 0; trial < 300; ++trial) {
    base::Bytes changed = bytes;
    const std::size_t place =
        trial < 88 ? static_cast<std::size_t>(trial) : engine() % bytes.size();
    changed[place] = static_cast<std::uint8_t>(changed[place] ^ (1U << engine() % 8));
    const auto refused = read_secret_key(toy.chain, changed);
    if (place == 4 || place == 68) continue;  // the version: 4.1 to 4.4 are one format
    EXPECT_FALSE(refused.ok()) << place;
  }
}

/// The secret's coefficients, as the attacker must find them.
std::vector<std::uint64_t> coefficients_mod_t(const Toy& toy) {
  std::vector<std::uint64_t> words(toy.secret.poly().residue(0).begin(),
                                   toy.secret.poly().residue(0).end());
  toy.chain.ring().table(0).inverse(words);
  for (auto& word : words) {
    word = toy.chain.plaintext_modulus().reduce_signed(toy.chain.ring().modulus(0).centre(word));
  }
  return words;
}

TEST(PublishedAttack, OneCraftedCiphertextGivesTheWholeKeyOfPlainBgv) {
  Toy toy;
  bgv::Ciphertext crafted(toy.chain, 2, 2);  // (0, 1): its phase is s itself
  for (auto& word : crafted.polynomial(1)) word = 1;
  EXPECT_EQ(toy.decryptor.decrypt(crafted)->coefficients, coefficients_mod_t(toy));
}

TEST(PublishedAttack, TwoHonestLookingCiphertextsGiveItToo) {
  Toy toy;
  const auto honest =
      *encrypt_public(toy.chain, toy.public_key, toy.encode(toy.random_slots(6)), toy.randomness);
  auto shifted = honest;  // c_1 + 1: the phases differ by s
  for (std::size_t j = 0; j < shifted.primes(); ++j) {
    for (auto& word : shifted.residue(1, j)) word = toy.chain.ring().modulus(j).add(word, 1);
  }
  const auto first = toy.decryptor.decrypt(honest)->coefficients;
  auto difference = toy.decryptor.decrypt(shifted)->coefficients;
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference[i] = toy.chain.plaintext_modulus().subtract(difference[i], first[i]);
  }
  EXPECT_EQ(difference, coefficients_mod_t(toy));
}

}  // namespace
}  // namespace cryptonet::he::secret
