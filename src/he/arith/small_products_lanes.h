// SPDX-License-Identifier: Apache-2.0
// Products of small polynomials for any register of 16-bit lanes, layer by layer as
// small_products_portable.cc has it. Lanes is a type of the including file's own, without linkage:
// so nothing here is shared between instruction sets (see kernels.h). It has
//   V, kLanes                   a register, and how many numbers it holds
//   load store all add sub      as they say
//   low_product high_product    the halves of the products
//   spread_index(blocks), spread(index, at)
//                               four lanes of each of the factors from `at`; of the first `blocks`
//                               in turn where that is fewer than a register holds
//   lower_blocks upper_blocks   little polynomials of two registers in turn
//   even_blocks odd_blocks      the reverse
//   repeat<i>(x)                the i-th coefficient of a little polynomial, four times
//   shift<i>(y, wrapped)        times X^i, which wraps to coefficients of `wrapped`
//   widen(bytes)                signed bytes
//   store_digits(x, low, high)  x in (-r, r), centred, as low + 128 * high
#pragma once

#include <cstddef>
#include <cstdint>

#include "he/arith/kernels.h"

namespace cryptonet::he::arith {

template <typename Lanes>
class SmallProducts {
  using V = typename Lanes::V;
  static constexpr std::size_t kBlock = 4;
  static constexpr std::size_t kLanes = Lanes::kLanes;
  static constexpr std::int16_t kInverse = static_cast<std::int16_t>(53249);  ///< of r mod 2^16
  static constexpr std::int16_t kOne = 4091;                                  ///< 2^16 mod r

  struct Factor {
    V value;
    V quotient;
  };
  static Factor factor_of(V value) {
    return {value, Lanes::low_product(value, Lanes::all(kInverse))};
  }
  static Factor one() { return factor_of(Lanes::all(kOne)); }
  /// x * factor / 2^16 modulo r: at most r/2 + |x * factor| / 2^16.
  static V multiply(V x, const Factor& factor) {
    const V multiple =
        Lanes::high_product(Lanes::low_product(x, factor.quotient), Lanes::all(kSmallModulus));
    return Lanes::sub(Lanes::high_product(x, factor.value), multiple);
  }

  /// Without kReduce what comes out is larger by 9217 than what came in.
  template <bool kReduce>
  static void forward_layer(const SmallPlan& plan, std::size_t blocks, const std::int16_t* in,
                            std::int16_t* out) {
    const std::size_t half = plan.degree / 2;
    const V index = Lanes::spread_index(blocks);
    const Factor unit = one();
    for (std::size_t v = 0; v < half; v += kLanes) {
      const std::size_t at = blocks + (v / kBlock & (blocks - 1));
      const Factor root = {Lanes::spread(index, plan.roots + at),
                           Lanes::spread(index, plan.root_quotients + at)};
      const V x = Lanes::load(in + v);
      const V a = kReduce ? multiply(x, unit) : x;
      const V b = multiply(Lanes::load(in + half + v), root);
      const V sum = Lanes::add(a, b);
      const V difference = Lanes::sub(a, b);
      Lanes::store(out + 2 * v, Lanes::lower_blocks(sum, difference));
      Lanes::store(out + 2 * v + kLanes, Lanes::upper_blocks(sum, difference));
    }
  }

  /// All at most 9217, in and out.
  static void inverse_layer(const SmallPlan& plan, std::size_t blocks, const std::int16_t* in,
                            std::int16_t* out) {
    const std::size_t half = plan.degree / 2;
    const V index = Lanes::spread_index(blocks);
    const Factor unit = one();
    for (std::size_t v = 0; v < half; v += kLanes) {
      const std::size_t at = blocks + (v / kBlock & (blocks - 1));
      const Factor root = {Lanes::spread(index, plan.inverse_roots + at),
                           Lanes::spread(index, plan.inverse_root_quotients + at)};
      const V lower = Lanes::load(in + 2 * v);
      const V upper = Lanes::load(in + 2 * v + kLanes);
      const V a = Lanes::even_blocks(lower, upper);
      const V b = Lanes::odd_blocks(lower, upper);
      Lanes::store(out + v, multiply(Lanes::add(a, b), unit));
      Lanes::store(out + half + v, multiply(Lanes::sub(a, b), root));
    }
  }

  /// Products of the little polynomials, times 2^-16: four terms of at most 7169.
  static void multiply_blocks(const SmallProduct& job, std::int16_t* out) {
    const V index = Lanes::spread_index(kLanes / kBlock);
    const Factor unit = one();
    for (std::size_t v = 0; v < job.plan->degree; v += kLanes) {
      const std::size_t at = v / kBlock;
      const Factor root = {Lanes::spread(index, job.plan->block_roots + at),
                           Lanes::spread(index, job.plan->block_root_quotients + at)};
      const V x = Lanes::load(job.left + v);
      const V y = Lanes::load(job.right + v);
      const V wrapped = multiply(y, root);
      V sum = multiply(Lanes::template repeat<0>(x), factor_of(y));
      sum = Lanes::add(sum, multiply(Lanes::template repeat<1>(x),
                                     factor_of(Lanes::template shift<1>(y, wrapped))));
      sum = Lanes::add(sum, multiply(Lanes::template repeat<2>(x),
                                     factor_of(Lanes::template shift<2>(y, wrapped))));
      sum = Lanes::add(sum, multiply(Lanes::template repeat<3>(x),
                                     factor_of(Lanes::template shift<3>(y, wrapped))));
      Lanes::store(out + v, multiply(sum, unit));
    }
  }

 public:
  static void forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                      std::int16_t* out) {
    std::size_t layers = 0;
    while (kBlock << layers < plan.degree) ++layers;
    std::int16_t* from = layers % 2 == 0 ? out : work;
    std::int16_t* to = layers % 2 == 0 ? work : out;
    for (std::size_t i = 0; i < plan.degree; i += kLanes) {
      Lanes::store(from + i, Lanes::widen(ternary + i));
    }
    // 1 becomes 27652 in three layers; then what is reduced, to 8190, becomes 26624 in two.
    for (std::size_t layer = 0; layer < layers; ++layer) {
      if (layer < 3 || layer % 2 == 0) {
        forward_layer<false>(plan, std::size_t{1} << layer, from, to);
      } else {
        forward_layer<true>(plan, std::size_t{1} << layer, from, to);
      }
      std::int16_t* const next = from;
      from = to;
      to = next;
    }
    const Factor unit = one();
    for (std::size_t i = 0; i < plan.degree; i += kLanes) {
      Lanes::store(out + i, multiply(Lanes::load(out + i), unit));
    }
  }

  static void product(const SmallProduct& job) {
    const std::size_t degree = job.plan->degree;
    std::int16_t* from = job.work;
    std::int16_t* to = job.work + degree;
    multiply_blocks(job, from);
    for (std::size_t blocks = degree / kBlock / 2; blocks > 0; blocks /= 2) {
      inverse_layer(*job.plan, blocks, from, to);
      std::int16_t* const next = from;
      from = to;
      to = next;
    }
    const Factor scale = {Lanes::all(job.plan->scale), Lanes::all(job.plan->scale_quotient)};
    for (std::size_t i = 0; i < degree; i += kLanes) {
      Lanes::store_digits(multiply(Lanes::load(from + i), scale), job.low + i, job.high + i);
    }
  }
};

}  // namespace cryptonet::he::arith
