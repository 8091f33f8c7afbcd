// SPDX-License-Identifier: Apache-2.0
#include "he/ntt/small_table.h"

#include <bit>
#include <map>
#include <mutex>

#include "base/result.h"
#include "he/arith/dispatch.h"
#include "he/arith/modulus.h"
#include "he/arith/prime.h"
#include "he/ntt/ntt_table.h"

namespace cryptonet::he::ntt {
namespace {

constexpr std::size_t kBlock = 4;
const arith::Modulus& small_modulus() {
  static const arith::Modulus modulus(arith::kSmallModulus);
  return modulus;
}

}  // namespace

/// Keeps residue * 2^16, centred, and its quotient.
void SmallTable::Factors::set(std::size_t place, std::uint64_t residue) {
  constexpr std::uint64_t kBase = 1U << 16;
  constexpr std::uint64_t kInverse = 53249;  // of r modulo 2^16
  static_assert(kInverse * arith::kSmallModulus % kBase == 1);
  const arith::Modulus& r = small_modulus();
  values[place] = static_cast<std::int16_t>(r.centre(r.multiply(residue, r.reduce(kBase))));
  const auto word = static_cast<std::uint16_t>(values[place]);
  quotients[place] = static_cast<std::int16_t>(word * kInverse % kBase);
}

SmallTable::SmallTable(std::size_t degree)
    : degree_(degree),
      roots_(degree / kBlock),
      inverse_roots_(degree / kBlock),
      block_roots_(degree / kBlock),
      scale_(1) {
  CHECK(std::has_single_bit(degree) && degree >= arith::kSmallDegreeMin &&
        degree <= arith::kSmallDegreeMax);
  const arith::Modulus& r = small_modulus();
  const std::size_t blocks = degree / kBlock;
  const auto bits = static_cast<unsigned>(std::countr_zero(blocks));
  const auto root = arith::smallest_primitive_root(r, blocks);
  CHECK(root.has_value());
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::uint64_t power = r.power(*root, reverse_bits(i, bits));
    roots_.set(i, power);
    inverse_roots_.set(i, r.invert(power));
    if (i < blocks / 2) continue;
    block_roots_.set(2 * (i - blocks / 2), power);
    block_roots_.set(2 * (i - blocks / 2) + 1, r.negate(power));
  }
  // 2^16 once more, for the product of two numbers of which neither was multiplied by it
  scale_.set(0, r.multiply(r.invert(blocks), r.reduce(std::uint64_t{1} << 16)));
}

arith::SmallPlan SmallTable::plan() const {
  return {.degree = degree_,
          .roots = roots_.values.data(),
          .root_quotients = roots_.quotients.data(),
          .inverse_roots = inverse_roots_.values.data(),
          .inverse_root_quotients = inverse_roots_.quotients.data(),
          .block_roots = block_roots_.values.data(),
          .block_root_quotients = block_roots_.quotients.data(),
          .scale = scale_.values[0],
          .scale_quotient = scale_.quotients[0]};
}

void SmallTable::forward(std::span<const std::int8_t> ternary, std::span<std::int16_t> work,
                         std::span<std::int16_t> out) const {
  CHECK(ternary.size() == degree_ && work.size() >= degree_ && out.size() == degree_);
  arith::kernels().small_forward(plan(), ternary.data(), work.data(), out.data());
}

void SmallTable::multiply(std::span<const std::int16_t> left, std::span<const std::int16_t> right,
                          std::span<std::int16_t> work, std::span<std::int8_t> low,
                          std::span<std::int8_t> high) const {
  CHECK(left.size() == degree_ && right.size() == degree_ && work.size() >= 2 * degree_ &&
        low.size() == degree_ && high.size() == degree_);
  const arith::SmallPlan borrowed = plan();
  arith::kernels().small_product(
      {&borrowed, left.data(), right.data(), work.data(), low.data(), high.data()});
}

const SmallTable& small_table_of(std::size_t degree) {
  static std::mutex mutex;
  static auto& tables = *new std::map<std::size_t, SmallTable>;
  const std::lock_guard lock(mutex);
  return tables.try_emplace(degree, degree).first->second;
}

}  // namespace cryptonet::he::ntt
