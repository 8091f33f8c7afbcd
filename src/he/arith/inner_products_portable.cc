// SPDX-License-Identifier: Apache-2.0
// Inner products, portable: what every other row of the table must equal, bit for bit.
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"
#include "he/arith/packed_portable.h"

namespace cryptonet::he::arith::portable {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count) {
  std::uint64_t sum = 0;  // below count * 2^48 <= 2^63
  for (std::size_t i = 0; i < count; ++i) sum += load_u48(words + 6 * i);
  return sum;
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) words[i] = load_u48(packed + 6 * i);
}

void dot_tile(const PackedTile& tile) {
  for (std::size_t i = 0; i < tile.row_count; ++i) {
    for (std::size_t j = 0; j < tile.column_count; ++j) {
      Uint128 sum = 0;  // below count * 2^96 <= 2^111
      for (std::size_t k = 0; k < tile.count; ++k) {
        sum += Uint128{load_u48(tile.rows[i] + 6 * k)} * load_u48(tile.columns[j] + 6 * k);
      }
      tile.sums[i * tile.column_count + j] = {static_cast<std::uint64_t>(sum),
                                              static_cast<std::uint64_t>(sum >> 64)};
    }
  }
}

}  // namespace cryptonet::he::arith::portable
