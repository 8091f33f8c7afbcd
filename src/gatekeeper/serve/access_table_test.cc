// SPDX-License-Identifier: Apache-2.0
// The routes that the program has are those of the table that people wrote (docs/access.md), which
// tests/sign_in/access_test.py holds against what every caller gets.
#include <fstream>
#include <regex>
#include <set>

#include "gatekeeper/serve/deployment_testing.h"

namespace cryptonet::gatekeeper::serve {
namespace {

/// "GET /v1/datasets/{}" of every row.
std::set<std::string> written_routes() {
  std::set<std::string> routes;
  std::ifstream file(CRYPTONET_ACCESS_TABLE);
  const std::regex row("\\| `([A-Z]+ [^`]+)` \\|.*");
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    routes.insert(std::regex_replace(found[1].str(), std::regex("\\{[a-z]+\\}"), "{}"));
  }
  return routes;
}

TEST(AccessTable, HasEveryRouteOfTheProgramAndNoOther) {
  Deployment deployment;
  Parts& parts = deployment.parts();
  base::OsRandomness randomness;
  parts.page = std::make_unique<Page>(deployment.home().database(), randomness,
                                      *auth::passkey_site("https://gatekeeper.example:4443"));
  std::set<std::string> routes;
  for (const net::Route& route : make_routes(parts)) {
    const bool fresh = routes.insert(route.method + " " + route.pattern).second;
    EXPECT_TRUE(fresh) << route.pattern << " is there twice";
  }
  EXPECT_GT(routes.size(), 40U);
  EXPECT_EQ(routes, written_routes());
}

// A row less, or a route more, is found.
TEST(AccessTable, IsReadRowByRow) {
  const auto written = written_routes();
  EXPECT_TRUE(written.contains("POST /v1/query"));
  EXPECT_TRUE(written.contains("DELETE /v1/datasets/{}/versions/{}"));
  EXPECT_FALSE(written.contains("route"));
}

}  // namespace
}  // namespace cryptonet::gatekeeper::serve
