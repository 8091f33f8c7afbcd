// SPDX-License-Identifier: Apache-2.0
// Samplers over a key stream. Without secret-dependent branches or addresses; the redraws of the
// uniform sampler depend only on candidates that are thrown away.
#pragma once

#include <cstdint>
#include <span>

#include "he/arith/modulus.h"
#include "he/ring/key_stream.h"

namespace cryptonet::he::ring {

/// Coins on each side of the error distribution, so |e| <= kNoiseMax.
inline constexpr int kNoiseMax = 21;

/// Uniform words in [0, q): candidates of q's bit length (from that many whole bytes), drawn again
/// when >= q.
void sample_uniform(KeyStream& stream, const arith::Modulus& q, std::span<std::uint64_t> out);
/// The same, uniform in [1, q).
void sample_uniform_nonzero(KeyStream& stream, const arith::Modulus& q,
                            std::span<std::uint64_t> out);
/// Centred binomial: heads among 21 coins less heads among 21 others; variance 10.5. Coins are bits
/// of the stream, none left out.
void sample_noise(KeyStream& stream, std::span<std::int8_t> out);
/// -1, 0 or 1, each with probability 1/3 exactly. For each run of 8192 coefficients (the last may
/// be shorter, n), bytes of the stream below 3^5 until there are m = ceil(n / 5), the others left
/// out: digit k of byte i to base 3, less 1, is coefficient i + k * m where that is below n.
void sample_ternary(KeyStream& stream, std::span<std::int8_t> out);

}  // namespace cryptonet::he::ring
