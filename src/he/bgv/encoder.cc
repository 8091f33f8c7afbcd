// SPDX-License-Identifier: Apache-2.0
// Slot i of the first half is the value at root^(3^i), slot i of the second half at root^(-3^i).
#include "he/bgv/encoder.h"

#include <algorithm>
#include <bit>

namespace cryptonet::he::bgv {

Encoder::Encoder(const BgvParameters& parameters)
    : table_(*ntt::NttTable::create(parameters.ring_degree(), parameters.plaintext_modulus())),
      places_(parameters.ring_degree()) {
  const std::uint64_t degree = parameters.ring_degree();
  const auto bits = static_cast<unsigned>(std::countr_zero(degree));
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < degree / 2; ++i) {
    places_[i] = static_cast<std::uint32_t>(ntt::reverse_bits((power - 1) / 2, bits));
    places_[degree / 2 + i] =
        static_cast<std::uint32_t>(ntt::reverse_bits((2 * degree - power - 1) / 2, bits));
    power = power * 3 % (2 * degree);
  }
}

void Encoder::encode(std::span<const std::uint64_t> slots, std::span<std::uint64_t> message) const {
  CHECK(slots.size() <= places_.size() && message.size() == places_.size());
  if (slots.size() < places_.size()) std::fill(message.begin(), message.end(), std::uint64_t{0});
  for (std::size_t i = 0; i < slots.size(); ++i) message[places_[i]] = slots[i];
  table_.inverse(message);
}

void Encoder::decode(std::span<std::uint64_t> message, std::span<std::uint64_t> slots) const {
  CHECK(message.size() == places_.size() && slots.size() == places_.size());
  table_.forward(message);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = message[places_[i]];
}

}  // namespace cryptonet::he::bgv
