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

void fold_hint(const FoldHint& job) {
  const Modulus q(job.modulus);
  for (std::size_t i = 0; i < job.count; ++i) {
    const Uint128 product = Uint128{load_u48(job.squares + 6 * i)} * job.secret[i];
    job.out[i] = q.reduce(product + load_u48(job.hint + 6 * i));
  }
}

WideSum dot_words(const std::uint8_t* packed, const std::uint64_t* words, std::size_t count) {
  Uint128 sum = 0;  // 32768 products below 2^96
  for (std::size_t i = 0; i < count; ++i) sum += Uint128{load_u48(packed + 6 * i)} * words[i];
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

std::int64_t constant_term(const std::uint64_t* words, const std::int8_t* ternary,
                           std::size_t count) {
  // words[i] * X^i meets the coefficient of X^(count - i), and X^count = -1. At most 2^15 words
  // below 2^48: the sum stays inside 64 bits.
  const auto signed_word = [](std::uint64_t word, std::int64_t sign) {
    const auto negative = static_cast<std::uint64_t>(sign >> 63);
    const auto present = static_cast<std::uint64_t>(0 - (sign & 1));
    return ((word ^ negative) - negative) & present;
  };
  std::uint64_t sum = signed_word(words[0], ternary[0]);
  for (std::size_t i = 1; i < count; ++i) sum -= signed_word(words[i], ternary[count - i]);
  return static_cast<std::int64_t>(sum);
}

}  // namespace cryptonet::he::arith::portable
