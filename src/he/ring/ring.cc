// SPDX-License-Identifier: Apache-2.0
#include "he/ring/ring.h"

#include <algorithm>

#include "he/arith/dispatch.h"

namespace cryptonet::he::ring {

base::Result<Ring> Ring::create(std::size_t ring_degree, std::span<const std::uint64_t> primes) {
  std::vector<ntt::NttTable> tables;
  for (const std::uint64_t prime : primes) {
    const bool repeated = std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
      return table.modulus().value() == prime;
    });
    if (repeated) {
      return base::Error(base::ErrorCode::kBadInput, "ring.primes",
                         "a ring's primes must differ; " + std::to_string(prime) + " stands twice");
    }
    CN_ASSIGN(auto table, ntt::NttTable::create(ring_degree, prime));
    tables.push_back(std::move(table));
  }
  if (tables.empty()) {
    return base::Error(base::ErrorCode::kBadInput, "ring.primes", "a ring needs a prime");
  }
  return Ring(std::move(tables));
}

NttPoly transform_signed(const Ring& ring, std::span<const std::int8_t> coefficients) {
  CHECK(coefficients.size() == ring.ring_degree());
  NttPoly poly(ring);
  for (std::size_t j = 0; j < ring.primes(); ++j) {
    const std::span<std::uint64_t> words = poly.residue(j);
    const std::uint64_t q = ring.modulus(j).value();
    CHECK(q > 127);
    arith::kernels().lift_small(coefficients.data(), coefficients.size(), q, words.data());
    ring.table(j).forward(words);
  }
  return poly;
}

}  // namespace cryptonet::he::ring
