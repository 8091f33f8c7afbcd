// SPDX-License-Identifier: Apache-2.0
#include "api/path.h"

#include <gtest/gtest.h>

#include "api/routes.h"

namespace cryptonet::api {
namespace {

TEST(PathOf, FillsTheHolesInOrder) {
  EXPECT_EQ(path_of(cloud::kPutSegment, {"0a", "ff"}), "/v1/uploads/0a/segments/ff");
  EXPECT_EQ(path_of(gatekeeper::kListDatasets, {}), "/v1/datasets");
}

TEST(PathOf, KeepsAParameterInsideItsSegment) {
  EXPECT_EQ(path_of(gatekeeper::kDropVersion, {"../a b/%?#\xC3\xA9", "3"}),
            "/v1/datasets/..%2Fa%20b%2F%25%3F%23%C3%A9/versions/3");
}

TEST(PathOfDeathTest, StopsWhenTheCountIsWrong) {
  EXPECT_DEATH(path_of(cloud::kPutSegment, {"0a"}), "");
  EXPECT_DEATH(path_of(cloud::kGetStatus, {"0a"}), "");
}

TEST(Routes, SayWhoMayCallThem) {
  EXPECT_TRUE(gatekeeper::kJoin.anybody);
  EXPECT_FALSE(gatekeeper::kQuery.anybody);
  ASSERT_EQ(gatekeeper::kQuery.roles.size(), 1U);
  EXPECT_EQ(gatekeeper::kQuery.roles[0], "researcher");
  EXPECT_EQ(cloud::kComputeTotals.roles[0], "gatekeeper");
}

}  // namespace
}  // namespace cryptonet::api
