// SPDX-License-Identifier: Apache-2.0
// Slot i of the first half is the message's value at root^(3^i), slot i of the second at
// root^(-3^i): checked by evaluating the polynomial. That is Microsoft SEAL's map.
#include "he/bgv/encoder.h"

#include <gtest/gtest.h>

#include <random>

namespace cryptonet::he::bgv {
namespace {

TEST(Encoder, PlacesSlotsAtThePowersOfThree) {
  // N = 16, t = 97, q = 193
  const Encoder encoder(*BgvParameters::insecure_create({16, {193}, 97}));
  const ntt::NttTable table = *ntt::NttTable::create(16, 97);
  const arith::Modulus& t = table.modulus();
  std::mt19937_64 engine(31);
  std::vector<std::uint64_t> slots(16);
  for (auto& slot : slots) slot = engine() % 97;
  std::vector<std::uint64_t> message(16);
  encoder.encode(slots, message);
  std::uint64_t exponent = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto value_at = [&](std::uint64_t power) {
      const std::uint64_t point = t.power(table.root(), power);
      std::uint64_t value = 0;
      for (std::size_t k = 16; k-- > 0;) value = t.add(t.multiply(value, point), message[k]);
      return value;
    };
    EXPECT_EQ(slots[i], value_at(exponent));
    EXPECT_EQ(slots[8 + i], value_at(32 - exponent));
    exponent = exponent * 3 % 32;
  }
}

TEST(Encoder, DecodesWhatItEncodedAndFillsWithZeros) {
  const Encoder encoder(*BgvParameters::create(
      {8192, {281474976694273, 281474976546817, 281474976317441}, 562949952847873}));
  std::mt19937_64 engine(32);
  std::vector<std::uint64_t> slots(5000);
  for (auto& slot : slots) slot = engine() % 562949952847873;
  std::vector<std::uint64_t> message(8192, 1);
  encoder.encode(slots, message);
  std::vector<std::uint64_t> back(8192);
  encoder.decode(message, back);
  slots.resize(8192);
  EXPECT_EQ(back, slots);
}

TEST(Encoder, PlacesArePermuted) {
  const Encoder encoder(*BgvParameters::insecure_create({64, {257}, 641}));
  std::vector<bool> seen(64);
  for (const std::uint32_t place : encoder.slot_places()) {
    EXPECT_FALSE(seen.at(place));
    seen[place] = true;
  }
}

}  // namespace
}  // namespace cryptonet::he::bgv
