// SPDX-License-Identifier: Apache-2.0
// Products of small polynomials, portable: what every other row of the table must equal. Every
// layer reads both halves of the numbers and writes their results next to each other, so that all
// layers have the same loop and a position's low bits name its block. Products are Montgomery's: a
// factor that comes with its quotient was multiplied by 2^16 before, and others leave 2^-16.
#include <utility>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith::portable {
namespace {

constexpr std::size_t kBlock = 4;
constexpr int kR = kSmallModulus;
constexpr std::uint16_t kInverse = 53249;  // r * kInverse = 1 mod 2^16
constexpr std::int16_t kOne = 4091;        // 2^16 mod r
constexpr std::int16_t kOneQuotient = static_cast<std::int16_t>(kOne * kInverse & 0xFFFF);
static_assert((kR * kInverse & 0xFFFF) == 1);

/// x * factor / 2^16 modulo r: at most r/2 + |x * factor| / 2^16, which is 9216 for a centred
/// factor.
inline std::int16_t multiply(std::int16_t x, std::int16_t factor, std::int16_t quotient) {
  const auto multiple =
      static_cast<std::int16_t>(std::uint32_t(std::uint16_t(x)) * std::uint16_t(quotient));
  return static_cast<std::int16_t>(((x * factor) >> 16) - ((multiple * kR) >> 16));
}
/// Two numbers that vary.
inline std::int16_t multiply(std::int16_t x, std::int16_t y) {
  return multiply(x, y, static_cast<std::int16_t>(std::uint32_t(std::uint16_t(y)) * kInverse));
}
/// At most 8190.
inline std::int16_t reduce(int x) {
  return multiply(static_cast<std::int16_t>(x), kOne, kOneQuotient);
}

void forward_layer(const SmallPlan& plan, std::size_t blocks, const std::int16_t* __restrict in,
                   std::int16_t* __restrict out) {
  const std::size_t half = plan.degree / 2;
  for (std::size_t k = 0; k < half / kBlock; ++k) {
    const std::size_t at = blocks + (k & (blocks - 1));
    for (std::size_t j = 0; j < kBlock; ++j) {
      const std::int16_t a = reduce(in[kBlock * k + j]);
      const std::int16_t b =
          multiply(in[half + kBlock * k + j], plan.roots[at], plan.root_quotients[at]);
      out[2 * kBlock * k + j] = static_cast<std::int16_t>(a + b);
      out[2 * kBlock * k + kBlock + j] = static_cast<std::int16_t>(a - b);
    }
  }
}

/// All at most 9216, in and out.
void inverse_layer(const SmallPlan& plan, std::size_t blocks, const std::int16_t* __restrict in,
                   std::int16_t* __restrict out) {
  const std::size_t half = plan.degree / 2;
  for (std::size_t k = 0; k < half / kBlock; ++k) {
    const std::size_t at = blocks + (k & (blocks - 1));
    for (std::size_t j = 0; j < kBlock; ++j) {
      const std::int16_t a = in[2 * kBlock * k + j];
      const std::int16_t b = in[2 * kBlock * k + kBlock + j];
      out[kBlock * k + j] = reduce(a + b);
      out[half + kBlock * k + j] =
          multiply(static_cast<std::int16_t>(a - b), plan.inverse_roots[at],
                   plan.inverse_root_quotients[at]);
    }
  }
}

/// Products of the little polynomials, times 2^-16.
void multiply_blocks(const SmallProduct& job, std::int16_t* out) {
  for (std::size_t at = 0; at < job.plan->degree; at += kBlock) {
    const std::int16_t root = job.plan->block_roots[at / kBlock];
    const std::int16_t quotient = job.plan->block_root_quotients[at / kBlock];
    for (std::size_t j = 0; j < kBlock; ++j) {
      int sum = 0;
      for (std::size_t i = 0; i < kBlock; ++i) {
        const std::int16_t y = job.right[at + (kBlock + j - i) % kBlock];
        sum += multiply(job.left[at + i], i <= j ? y : multiply(y, root, quotient));
      }
      out[at + j] = reduce(sum);
    }
  }
}

}  // namespace

void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out) {
  std::size_t layers = 0;
  for (std::size_t blocks = 1; blocks < plan.degree / kBlock; blocks *= 2) ++layers;
  std::int16_t* from = layers % 2 == 0 ? out : work;
  std::int16_t* to = layers % 2 == 0 ? work : out;
  for (std::size_t i = 0; i < plan.degree; ++i) from[i] = ternary[i];
  for (std::size_t blocks = 1; blocks < plan.degree / kBlock; blocks *= 2) {
    forward_layer(plan, blocks, from, to);
    std::swap(from, to);
  }
  for (std::size_t i = 0; i < plan.degree; ++i) out[i] = reduce(out[i]);
}

void small_product(const SmallProduct& job) {
  const std::size_t degree = job.plan->degree;
  std::int16_t* from = job.work;
  std::int16_t* to = job.work + degree;
  multiply_blocks(job, from);
  for (std::size_t blocks = degree / kBlock / 2; blocks > 0; blocks /= 2) {
    inverse_layer(*job.plan, blocks, from, to);
    std::swap(from, to);
  }
  for (std::size_t i = 0; i < degree; ++i) {
    int x = multiply(from[i], job.plan->scale, job.plan->scale_quotient);
    x -= kR & -static_cast<int>(x > kR / 2);
    x += kR & -static_cast<int>(x < -(kR / 2));
    job.high[i] = static_cast<std::int8_t>((x + 64) >> 7);
    job.low[i] = static_cast<std::int8_t>(x - 128 * job.high[i]);
  }
}

}  // namespace cryptonet::he::arith::portable
