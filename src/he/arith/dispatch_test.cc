// SPDX-License-Identifier: Apache-2.0
// Which row of the kernel table runs.
#include "he/arith/dispatch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace cryptonet::he::arith {
namespace {

TEST(Dispatch, TakesTheFastestRowOrTheNamedOne) {
  const char* named = std::getenv("CRYPTONET_KERNELS");
  const std::string expected =
      named != nullptr && *named != '\0' ? named : supported_kernels().back()->name;
  EXPECT_EQ(kernels().name, expected);
  EXPECT_STREQ(supported_kernels().front()->name, "portable");
  for (const Kernels* row : supported_kernels()) EXPECT_EQ(*find_kernels(row->name), row);
  const auto unknown = find_kernels("abacus");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().rule, "kernels.name");
}

}  // namespace
}  // namespace cryptonet::he::arith
