// SPDX-License-Identifier: Apache-2.0
// The threshold at its edge, for rows and for persons.
#include "gatekeeper/policy/policy.h"

#include <gtest/gtest.h>

namespace cryptonet::gatekeeper::policy {
namespace {

TEST(MayRelease, HoldsTheThresholdForRows) {
  const ReleasePolicy policy;
  EXPECT_FALSE(may_release(policy, {.rows = 0, .persons = {}}));
  EXPECT_FALSE(may_release(policy, {.rows = 9, .persons = {}}));
  EXPECT_TRUE(may_release(policy, {.rows = 10, .persons = {}}));
}

TEST(MayRelease, HoldsTheThresholdForPersonsToo) {
  const ReleasePolicy policy;
  EXPECT_FALSE(may_release(policy, {.rows = 1000, .persons = 9}));
  EXPECT_TRUE(may_release(policy, {.rows = 10, .persons = 10}));
  EXPECT_FALSE(may_release(policy, {.rows = 9, .persons = 10}));
}

TEST(MayRelease, NeverReleasesANegativeCount) {
  EXPECT_FALSE(may_release({.smallest_cell = 0}, {.rows = -1, .persons = {}}));
}

}  // namespace
}  // namespace cryptonet::gatekeeper::policy
