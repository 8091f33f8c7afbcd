// SPDX-License-Identifier: Apache-2.0
// The portable kernels: what every other row of the table must equal, bit for bit.
#include <cstring>

#include "he/arith/kernels.h"
#include "he/arith/lazy_portable.h"

namespace cryptonet::he::arith::portable {
namespace {

/// One packed word; reads exactly six bytes.
std::uint64_t load_u48(const std::uint8_t* bytes) {
  std::uint32_t low = 0;
  std::uint16_t high = 0;
  std::memcpy(&low, bytes, 4);
  std::memcpy(&high, bytes + 4, 2);
  return std::uint64_t{high} << 32 | low;
}

/// Writes six bytes.
void store_u48(std::uint8_t* bytes, std::uint64_t word) {
  const auto low = static_cast<std::uint32_t>(word);
  const auto high = static_cast<std::uint16_t>(word >> 32);
  std::memcpy(bytes, &low, 4);
  std::memcpy(bytes + 4, &high, 2);
}

}  // namespace

std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count) {
  std::uint64_t sum = 0;  // below count * 2^48 <= 2^63
  for (std::size_t i = 0; i < count; ++i) sum += load_u48(words + 6 * i);
  return sum;
}

WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count) {
  Uint128 sum = 0;  // below count * 2^96 <= 2^111
  for (std::size_t i = 0; i < count; ++i) sum += Uint128{load_u48(a + 6 * i)} * load_u48(b + 6 * i);
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) words[i] = load_u48(packed + 6 * i);
}

void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out) {
  for (std::size_t i = 0; i < kTileRows; ++i) {
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      Uint128 sum = 0;  // below count * 2^96 <= 2^111
      for (std::size_t k = 0; k < count; ++k) sum += Uint128{rows[i][k]} * columns[j][k];
      out[i * kTileColumns + j] = {static_cast<std::uint64_t>(sum),
                                   static_cast<std::uint64_t>(sum >> 64)};
    }
  }
}

void lift_phase(const PhaseLift& job) {
  const std::uint64_t t = job.plaintext_modulus;
  const std::uint64_t q = job.modulus;
  for (std::size_t i = 0; i < job.count; ++i) {
    const std::uint64_t above = 0 - ((t / 2 - job.message[i]) >> 63);
    const std::uint64_t centred = job.message[i] - (t & above);  // as a signed number
    const auto noise = static_cast<std::uint64_t>(std::int64_t{job.noise[i]});
    const std::uint64_t x = centred + t * noise + job.offset;  // [0, 2^63)
    const auto estimate = static_cast<std::uint64_t>((Uint128{x} * job.ratio) >> 64);
    job.out[i] = subtract_once(x - estimate * q, q);  // the estimate is at most 1 too small
  }
}

void mask_column(const MaskColumn& job) {
  const std::uint64_t q = job.modulus;
  for (std::size_t i = 0; i < job.count; ++i) {
    const std::uint64_t a = job.mask[i];
    const std::uint64_t quotient = job.mask_quotients[i];
    const std::uint64_t product = lazy_multiply(a, quotient, job.secret[i], q);  // [0, 2q)
    const std::uint64_t lazy_b = job.phase[i] + 2 * q - product;                 // (0, 3q)
    const std::uint64_t b = subtract_once(subtract_once(lazy_b, 2 * q), q);      // [0, q)
    const std::uint64_t added = subtract_once(lazy_multiply(a, quotient, b, q), q);
    job.hint[i] = subtract_once(job.hint[i] + added, q);
    store_u48(job.packed + 6 * i, b);
  }
}

}  // namespace cryptonet::he::arith::portable
