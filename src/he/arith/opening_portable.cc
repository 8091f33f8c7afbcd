// SPDX-License-Identifier: Apache-2.0
// What an opening adds up of hints and secrets, portable: what every other row must equal.
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"
#include "he/arith/packed_portable.h"

namespace cryptonet::he::arith::portable {

void lift_small(const std::int8_t* small, std::size_t count, std::uint64_t q, std::uint64_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = static_cast<std::uint64_t>(std::int64_t{small[i]});
    out[i] = word + (q & (0 - (word >> 63)));
  }
}

void weigh_words(const WeighWords& job) {
  for (std::size_t k = 0; k < job.weight_count; ++k) {
    Int128 sum = 0;  // 2^15 products up to 2^54
    for (std::size_t i = 0; i < job.count; ++i) {
      sum += Int128{static_cast<std::int64_t>(load_u48(job.packed + 6 * i))} * job.weights[k][i];
    }
    const auto wide = static_cast<Uint128>(sum);
    job.sums[k] = {static_cast<std::uint64_t>(wide), static_cast<std::uint64_t>(wide >> 64)};
  }
}

}  // namespace cryptonet::he::arith::portable
