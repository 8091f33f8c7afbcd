// SPDX-License-Identifier: Apache-2.0
// Packed six-byte words in and out of a register.
#pragma once

#include <cstdint>
#include <cstring>

namespace cryptonet::he::arith::portable {

/// Reads exactly six bytes.
inline std::uint64_t load_u48(const std::uint8_t* bytes) {
  std::uint32_t low = 0;
  std::uint16_t high = 0;
  std::memcpy(&low, bytes, 4);
  std::memcpy(&high, bytes + 4, 2);
  return std::uint64_t{high} << 32 | low;
}

/// Writes six bytes.
inline void store_u48(std::uint8_t* bytes, std::uint64_t word) {
  const auto low = static_cast<std::uint32_t>(word);
  const auto high = static_cast<std::uint16_t>(word >> 32);
  std::memcpy(bytes, &low, 4);
  std::memcpy(bytes + 4, &high, 2);
}

}  // namespace cryptonet::he::arith::portable
