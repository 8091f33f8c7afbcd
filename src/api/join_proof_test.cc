// SPDX-License-Identifier: Apache-2.0
#include "api/join_proof.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace cryptonet::api {
namespace {

/// The expected value comes from Python's hmac and hashlib:
///   prk = hmac.new(bytes(32), bytes(range(32)), sha256).digest()
///   key = hmac.new(prk, b"cryptonet join v1" + b"\x01", sha256).digest()
///   hmac.new(key, b"CSR" + b"\0" + b"KEY", sha256).hexdigest()
TEST(JoinProof, EqualsPythons) {
  base::Bytes secret(32);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(base::to_hex(join_proof(secret, "CSR", "KEY")),
            "42ad8558feb74880016cde123613dfd68f2328788c073b4962e02268dcbaf385");
}

TEST(JoinProof, CoversBothKeys) {
  const base::Bytes secret(32, 7);
  const auto proof = join_proof(secret, "CSR", "KEY");
  EXPECT_NE(proof, join_proof(secret, "CSR2", "KEY"));
  EXPECT_NE(proof, join_proof(secret, "CSR", ""));
  EXPECT_NE(proof, join_proof(secret, "CSRK", "EY"));
  EXPECT_NE(proof, join_proof(base::Bytes(32, 8), "CSR", "KEY"));
}

}  // namespace
}  // namespace cryptonet::api
