// SPDX-License-Identifier: Apache-2.0
// Lifting and masking, portable: what every other row of the table must equal, bit for bit.
#include <cstring>

#include "he/arith/kernels.h"
#include "he/arith/lazy_portable.h"

namespace cryptonet::he::arith::portable {
namespace {

/// Writes six bytes.
void store_u48(std::uint8_t* bytes, std::uint64_t word) {
  const auto low = static_cast<std::uint32_t>(word);
  const auto high = static_cast<std::uint16_t>(word >> 32);
  std::memcpy(bytes, &low, 4);
  std::memcpy(bytes + 4, &high, 2);
}

}  // namespace

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
