// SPDX-License-Identifier: Apache-2.0
// All primitive roots of order 2N are the odd powers of any one of them.
#include "he/arith/prime.h"

#include <algorithm>
#include <array>

namespace cryptonet::he::arith {

bool is_prime(std::uint64_t value) {
  constexpr std::array<std::uint64_t, 12> kBases = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  if (value < 2 || value >= (std::uint64_t{1} << kModulusBitsMax)) return false;
  for (const std::uint64_t base : kBases) {
    if (value % base == 0) return value == base;
  }
  const Modulus modulus(value);
  std::uint64_t odd = value - 1;
  unsigned twos = 0;
  for (; (odd & 1) == 0; odd >>= 1) ++twos;
  return std::all_of(kBases.begin(), kBases.end(), [&](std::uint64_t base) {
    std::uint64_t x = modulus.power(base, odd);
    if (x == 1 || x == value - 1) return true;
    for (unsigned i = 1; i < twos; ++i) {
      x = modulus.multiply(x, x);
      if (x == value - 1) return true;
    }
    return false;
  });
}

std::optional<std::uint64_t> smallest_primitive_root(const Modulus& q, std::uint64_t degree) {
  const std::uint64_t order = 2 * degree;
  if ((q.value() - 1) % order != 0) return std::nullopt;
  for (std::uint64_t candidate = 2; candidate < q.value(); ++candidate) {
    const std::uint64_t root = q.power(candidate, (q.value() - 1) / order);
    if (q.power(root, degree) != q.value() - 1) continue;
    const std::uint64_t square = q.multiply(root, root);
    std::uint64_t smallest = root;
    std::uint64_t power = root;
    for (std::uint64_t i = 1; i < degree; ++i) {
      power = q.multiply(power, square);
      smallest = std::min(smallest, power);
    }
    return smallest;
  }
  return std::nullopt;
}

}  // namespace cryptonet::he::arith
