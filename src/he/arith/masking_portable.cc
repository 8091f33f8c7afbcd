// SPDX-License-Identifier: Apache-2.0
// Masking, portable: what every other row of the table must equal, bit for bit. Shoup's quotients
// of masks are to base 2^52, as one instruction set has them; a product is in [0, 2q) for factors
// below 2^52.
#include "he/arith/kernels.h"
#include "he/arith/lazy_portable.h"
#include "he/arith/packed_portable.h"

namespace cryptonet::he::arith::portable {
namespace {

/// Noise is at most 21, and centring takes at most t/2 away.
constexpr std::uint64_t kReachInPlaintextModuli = 22;

std::uint64_t lazy_multiply52(std::uint64_t w, std::uint64_t quotient, std::uint64_t y,
                              std::uint64_t q) {
  return w * y - static_cast<std::uint64_t>((Uint128{quotient} * y) >> 52) * q;
}

/// work = centred(message) + t * noise mod q.
void lift(const MaskColumn& job) {
  const std::uint64_t t = job.plaintext_modulus;
  const std::uint64_t q = job.plan->modulus;
  const auto ratio = static_cast<std::uint64_t>((Uint128{1} << 64) / q);
  const std::uint64_t offset = (kReachInPlaintextModuli * t / q + 1) * q;  // makes x positive
  for (std::size_t i = 0; i < job.plan->degree; ++i) {
    const std::uint64_t above = 0 - ((t / 2 - job.message[i]) >> 63);
    const std::uint64_t centred = job.message[i] - (t & above);  // as a signed number
    const auto noise = static_cast<std::uint64_t>(std::int64_t{job.noise[i]});
    const std::uint64_t x = centred + t * noise + offset;  // [0, 2^56)
    const auto estimate = static_cast<std::uint64_t>((Uint128{x} * ratio) >> 64);
    job.work[i] = subtract_once(x - estimate * q, q);  // the estimate is at most 1 too small
  }
}

}  // namespace

void mask_column(const MaskColumn& job) {
  lift(job);
  ntt_forward(job.work, *job.plan);
  const std::uint64_t q = job.plan->modulus;
  for (std::size_t i = 0; i < job.plan->degree; ++i) {
    const std::uint64_t a = job.mask[i];
    const std::uint64_t quotient = job.mask_quotients[i];
    const std::uint64_t product = lazy_multiply52(a, quotient, job.secret[i], q);  // [0, 2q)
    const std::uint64_t lazy_b = job.work[i] + 2 * q - product;                    // (0, 3q)
    const std::uint64_t b = subtract_once(subtract_once(lazy_b, 2 * q), q);        // [0, q)
    const std::uint64_t added = subtract_once(lazy_multiply52(a, quotient, b, q), q);
    job.hint[i] = subtract_once(job.hint[i] + added, q);
    store_u48(job.packed + 6 * i, b);
  }
}

void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients) {
  const Modulus modulus(q);
  for (std::size_t i = 0; i < count; ++i) quotients[i] = modulus.shoup(mask[i]).quotient >> 12;
}

void sum_mask(const SumMask& job) {
  const std::uint64_t q = job.modulus;
  for (std::size_t i = 0; i < job.count; ++i) {
    const std::uint64_t a = job.mask[i];
    job.sum[i] = subtract_once(job.sum[i] + a, q);
    const std::uint64_t square = subtract_once(lazy_multiply52(a, job.quotients[i], a, q), q);
    job.square_sum[i] = subtract_once(job.square_sum[i] + square, q);
  }
}

std::size_t unpack_candidates(const UnpackCandidates& job) {
  std::size_t inside = 0;
  for (std::size_t i = 0; i < job.count; ++i) {
    const std::uint64_t word = load_u48(job.packed + 6 * i) & job.cut;
    job.out[i] = word;
    inside += static_cast<std::size_t>(word >= job.low) & static_cast<std::size_t>(word < job.high);
  }
  return inside;
}

void toss_coins(const std::uint8_t* coins, std::size_t count, std::int8_t* out) {
  constexpr std::uint64_t kCoins = (std::uint64_t{1} << 42) - 1;
  constexpr std::uint64_t kSecondHalf = kCoins ^ ((std::uint64_t{1} << 21) - 1);
  for (std::size_t i = 0; i < count; ++i) {
    // heads of the first half plus tails of the second is the difference of heads plus 21
    const std::size_t at = 42 * i;
    std::uint64_t x = (load_u48(coins + at / 8) >> at % 8 & kCoins) ^ kSecondHalf;
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F;
    out[i] = static_cast<std::int8_t>(static_cast<int>((x * 0x0101010101010101) >> 56) - 21);
  }
}

void place_slots(const PlaceSlots& job) {
  const std::uint64_t t = job.modulus;
  for (std::size_t i = 0; i < job.count; ++i) {
    const auto value = static_cast<std::uint64_t>(job.values[i]);
    const std::uint64_t residue = value + (t & (0 - (value >> 63)));  // [0, t)
    const auto equal = static_cast<std::uint64_t>(job.values[i] == job.equals);
    job.message[job.places[i]] = job.indicator ? equal : residue;
  }
}

void scale_words(const ScaleWords& job) {
  for (std::size_t i = 0; i < job.count; ++i) {
    job.out[i] = subtract_once(
        lazy_multiply52(job.factor, job.factor_quotient, job.words[i], job.modulus), job.modulus);
  }
}

bool within(const std::int64_t* values, std::size_t count, std::int64_t limit) {
  std::uint64_t outside = 0;  // the sign bit of a difference that must not be negative
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint64_t>(values[i]);
    const std::uint64_t sign = 0 - (value >> 63);
    const std::uint64_t magnitude = (value ^ sign) - sign;  // [0, 2^63]
    outside |= static_cast<std::uint64_t>(limit) - magnitude;
  }
  return outside >> 63 == 0;
}

}  // namespace cryptonet::he::arith::portable
