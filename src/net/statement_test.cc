// SPDX-License-Identifier: Apache-2.0
#include "net/statement.h"

#include <gtest/gtest.h>

namespace cryptonet::net {
namespace {

TEST(Statement, IsOfTheAuthorityThatSignedItAndOfNoOther) {
  const auto now = std::chrono::system_clock::now();
  const auto authority = *make_authority("one", valid_from(now, 2));
  const auto other = *make_authority("other", valid_from(now, 2));
  const auto text = base::view_of("a key");
  const auto signature = sign_statement(authority.key_pem, text);
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(is_statement_of(authority.certificate_pem, text, *signature));
  EXPECT_FALSE(is_statement_of(other.certificate_pem, text, *signature));
  EXPECT_FALSE(is_statement_of(authority.certificate_pem, base::view_of("a kez"), *signature));
  for (std::size_t i = 0; i < signature->size(); ++i) {
    base::Bytes altered = *signature;
    altered[i] ^= 1U;
    EXPECT_FALSE(is_statement_of(authority.certificate_pem, text, altered)) << i;
    EXPECT_FALSE(
        is_statement_of(authority.certificate_pem, text, base::ByteView(*signature).first(i)));
  }
  EXPECT_FALSE(is_statement_of("no certificate", text, *signature));
  EXPECT_FALSE(sign_statement("no key", text).ok());
}

}  // namespace
}  // namespace cryptonet::net
