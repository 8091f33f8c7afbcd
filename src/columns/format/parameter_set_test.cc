// SPDX-License-Identifier: Apache-2.0
// What each set promises, held to the security table and to exact bounds.
#include "columns/format/parameter_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "he/arith/prime.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::format {
namespace {

struct Promise {
  const ParameterSet* set;
  const char* name;
  std::uint64_t ring_degree;
  std::size_t bytes_per_row;
  unsigned security_bits;
  unsigned plaintext_bits;
  std::uint64_t max_unit_rows;
  std::uint64_t chunks_that_fit;  ///< the most, by the exact bound, whatever the set allows
};
const Promise kPromises[] = {
    {&wide_set(), "wide", 8192, 18, 192, 49, std::uint64_t{1} << 32, 2322859},
    {&narrow_set(), "narrow", 4096, 12, 128, 32, std::uint64_t{1} << 20, 283},
    {&sums_set(), "sums", 2048, 6, 128, 32, std::uint64_t{1} << 19, 381}};

TEST(ParameterSet, KeepsItsPromises) {
  for (const Promise& promise : kPromises) {
    const ParameterSet& set = *promise.set;
    SCOPED_TRACE(promise.name);
    EXPECT_STREQ(set.name, promise.name);
    EXPECT_EQ(set.ring_degree(), promise.ring_degree);
    EXPECT_EQ(set.packed_bytes(), promise.bytes_per_row * promise.ring_degree);
    EXPECT_EQ(set.bgv.security_bits(), promise.security_bits);
    EXPECT_EQ(he::bgv::bits_of(set.bgv.plaintext_modulus()), promise.plaintext_bits);
    EXPECT_EQ(set.max_unit_rows, promise.max_unit_rows);
    EXPECT_LE(set.primes(), kMaxPrimes);
    EXPECT_LE(set.check_columns, kMaxChecks);
    // A wrong total passes with probability at most 1 / (t - 1)^checks.
    EXPECT_GE(set.check_columns * (promise.plaintext_bits - 1), 48U);
  }
}

TEST(ParameterSet, HasTheLargestPrimesOfItsForm) {
  for (const ParameterSet* set : parameter_sets()) {
    SCOPED_TRACE(set->name);
    const std::uint64_t step = 2 * set->ring_degree();
    std::uint64_t below = std::uint64_t{1} << 48;
    const auto next = [&] {  // the largest prime below `below` that is 1 mod 2N
      std::uint64_t candidate = (below - 2) / step * step + 1;
      while (!he::arith::is_prime(candidate)) candidate -= step;
      return below = candidate;
    };
    std::vector<std::uint64_t> largest;
    for (std::size_t j = 0; j < set->primes(); ++j) largest.push_back(next());
    const auto moduli = set->bgv.ciphertext_moduli();
    EXPECT_TRUE(std::is_permutation(moduli.begin(), moduli.end(), largest.begin()));
    below = std::uint64_t{1} << (set->id == ParameterSetId::kWide ? 49 : 32);
    EXPECT_EQ(set->bgv.plaintext_modulus(), next());
  }
}

TEST(ParameterSet, BoundsOfItsUnitsStayBelowAnEighthOfTheModulus) {
  for (const Promise& promise : kPromises) {
    const ParameterSet& set = *promise.set;
    SCOPED_TRACE(promise.name);
    const he::bgv::Accountant accountant(set.bgv);
    const auto admits = [&](std::uint64_t chunks) {
      return accountant.admits_masked_total(accountant.masked_total(chunks, set.products));
    };
    EXPECT_TRUE(admits(set.max_unit_chunks));
    EXPECT_TRUE(admits(promise.chunks_that_fit));
    EXPECT_FALSE(admits(promise.chunks_that_fit + 1));
    EXPECT_EQ(accountant.admits_masked_total(accountant.masked_total(1, true)), set.products);
    // The rows of the largest unit, beside its mask chunk; the largest unit of `wide` is full
    // without one.
    const std::uint64_t mask_chunks = set.id == ParameterSetId::kWide ? 0 : 1;
    EXPECT_EQ(set.max_unit_rows, (set.max_unit_chunks - mask_chunks) * set.ring_degree());
    EXPECT_GE(accountant.blinding_range(), 8192);
  }
}

TEST(ParameterSet, IsFoundByItsNumberAndName) {
  for (unsigned id = 0; id < 256; ++id) {
    const auto found = find_parameter_set(static_cast<std::uint8_t>(id));
    EXPECT_EQ(found.ok(), id >= 1 && id <= 3);
    if (found.ok()) {
      EXPECT_EQ(static_cast<unsigned>((*found)->id), id);
      EXPECT_EQ(find_parameter_set((*found)->name), *found);
      continue;
    }
    EXPECT_EQ(found.error().code, base::ErrorCode::kBadInput);
  }
  EXPECT_EQ(find_parameter_set("Wide"), nullptr);
  EXPECT_EQ(find_parameter_set(""), nullptr);
}

}  // namespace
}  // namespace cryptonet::columns::format
