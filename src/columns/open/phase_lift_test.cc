// SPDX-License-Identifier: Apache-2.0
// The lift in limbs against exact integers: random phases and the ones at every edge, for one, two
// and three primes.
#include "columns/open/phase_lift.h"

#include <gtest/gtest.h>

#include <random>

namespace cryptonet::columns::open {
namespace {

using he::bgv::Integer;

std::vector<format::ParameterSet> sets() {
  std::vector<format::ParameterSet> made = {format::wide_set()};
  for (const std::vector<std::uint64_t>& primes : {std::vector<std::uint64_t>{281474976694273},
                                                   {281474976694273, 281474976546817},
                                                   {193, 257, 281474976694273},
                                                   {97}}) {
    format::ParameterSet set = format::wide_set();
    const std::uint64_t t = primes.front() == 97 ? 193 : 449;
    set.bgv = *he::bgv::BgvParameters::insecure_create({16, primes, t});
    made.push_back(set);
  }
  return made;
}

/// N * phase as the cloud's number and the key part would give it, split at random.
struct Split {
  format::Residues number{};
  format::Residues key_part{};
};
Split split(const format::ParameterSet& set, const Integer& phase, std::mt19937_64& engine) {
  Split made;
  const Integer q = he::bgv::product_of(set.bgv.ciphertext_moduli());
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const std::uint64_t prime = set.bgv.ciphertext_moduli()[j];
    const he::arith::Modulus modulus(prime);
    const auto whole =
        static_cast<std::uint64_t>(Integer(((phase + q) * set.ring_degree()) % prime));
    made.key_part[j] = engine() % prime;
    made.number[j] = modulus.subtract(whole, made.key_part[j]);
  }
  return made;
}

TEST(PhaseLift, EqualsExactIntegers) {
  std::mt19937_64 engine(81);
  for (const format::ParameterSet& set : sets()) {
    const PhaseLift lift(set);
    const Integer q = he::bgv::product_of(set.bgv.ciphertext_moduli());
    const std::uint64_t t = set.bgv.plaintext_modulus();
    std::vector<Integer> phases = {0, 1, -1, q / 2, q / 2 - 1, -(q / 2), -(q / 2) + 1};
    for (int i = 0; i < 2000; ++i) {
      Integer random = (Integer(engine()) << 128) + (Integer(engine()) << 64) + engine();
      random %= q;
      phases.push_back(random > q / 2 ? Integer(random - q) : random);
      phases.push_back(phases.back() >> engine() % 140);
    }
    for (const Integer& phase : phases) {
      const Split made = split(set, phase, engine);
      Integer expected = phase * set.ring_degree() % t;
      if (expected < 0) expected += t;
      const Integer size = abs(phase);
      for (const Integer& bound : {Integer(size - 1), size, Integer(size + 1), Integer(q / 4)}) {
        if (bound < 0) continue;
        const auto lifted = lift.lift(made.number, made.key_part, PhaseLift::limbs_of(bound));
        ASSERT_EQ(lifted.inside, size <= bound ? 1U : 0U) << phase << " " << bound;
        ASSERT_TRUE(lifted.total == expected) << phase;
      }
    }
  }
}

TEST(PhaseLift, TakesAnyWordsFromTheCloud) {
  const PhaseLift lift(format::wide_set());
  const auto bound = PhaseLift::limbs_of(he::bgv::Integer(1) << 140);
  const format::Residues most = {~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}};
  const auto lifted = lift.lift(most, {}, bound);
  EXPECT_LT(lifted.total, format::wide_set().bgv.plaintext_modulus());
}

}  // namespace
}  // namespace cryptonet::columns::open
