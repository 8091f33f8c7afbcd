// SPDX-License-Identifier: Apache-2.0
#include "columns/format/parameter_set.h"

#include <gtest/gtest.h>

#include "he/bgv/accountant.h"

namespace cryptonet::columns::format {
namespace {

TEST(ParameterSet, WideKeepsItsPromises) {
  const ParameterSet& set = wide_set();
  EXPECT_EQ(set.ring_degree(), 8192U);
  EXPECT_EQ(set.primes(), 3U);
  EXPECT_EQ(set.packed_bytes(), 147456U);  // 18 bytes per row and column
  for (const std::uint64_t prime : set.bgv.ciphertext_moduli()) EXPECT_LT(prime, 1ULL << 48);
  EXPECT_GE(set.bgv.security_bits(), 192U);
  EXPECT_GE(set.bgv.plaintext_modulus(), 1ULL << 48);  // so that one check column is enough
  EXPECT_EQ(set.max_unit_rows, std::uint64_t{set.max_unit_chunks} * set.ring_degree());
  const he::bgv::Accountant accountant(set.bgv);
  EXPECT_TRUE(accountant.admits_masked_total(accountant.masked_total(set.max_unit_chunks, true)));
}

TEST(ParameterSet, IsFoundByItsNumberOnly) {
  for (unsigned id = 0; id < 256; ++id) {
    const auto found = find_parameter_set(static_cast<std::uint8_t>(id));
    EXPECT_EQ(found.ok(), id == 1);
    if (id == 1) continue;
    EXPECT_EQ(found.error().code, base::ErrorCode::kBadInput);
  }
}

}  // namespace
}  // namespace cryptonet::columns::format
