// SPDX-License-Identifier: Apache-2.0
// What a supervisor sees, without a certificate.
#include "gatekeeper/serve/deployment_testing.h"

namespace cryptonet::gatekeeper::serve {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  base::Result<base::Bytes> get(const std::string& path) {
    net::ClientOptions options;
    options.url = deployment_.url();
    options.identity.authority_pem = deployment_.home().identity().authority_pem;
    options.server_role = net::PeerRole::kGatekeeper;
    return (*net::HttpClient::create(options))->request("GET", path, {}, "");
  }
  std::string rule(const std::string& path) {
    const auto answer = get(path);
    return answer.ok() ? "ok" : answer.error().rule;
  }
  Deployment deployment_;
};

TEST_F(HealthTest, StrangersMayAsk) {
  const auto health = get("/healthz");
  ASSERT_TRUE(health.ok()) << base::describe(health.error());
  EXPECT_EQ(base::text_of(*health), R"({"status":"ok"})");
  EXPECT_EQ(rule("/readyz"), "ok");
  EXPECT_EQ(rule("/v1/status"), "http.no_certificate");
}

TEST_F(HealthTest, TellsTheFirstReasonNotToBeReady) {
  bool sealed = true;
  deployment_.parts().readiness.add(
      {"sealed", "the gatekeeper is sealed", [&] { return !sealed; }});
  EXPECT_EQ(rule("/readyz"), "ready.sealed");
  EXPECT_EQ(rule("/healthz"), "ok");
  sealed = false;
  EXPECT_EQ(rule("/readyz"), "ok");
  std::filesystem::rename(deployment_.home().uploads_folder(), deployment_.folder() / "away");
  EXPECT_EQ(rule("/readyz"), "ready.state");
  deployment_.parts().readiness.stop();
  EXPECT_EQ(rule("/readyz"), "ready.stopping");
  EXPECT_EQ(rule("/healthz"), "ok");
}

TEST_F(HealthTest, IsNotReadyWhileTheAuditLogCannotBeWritten) {
  const auto folder = deployment_.folder() / "audit";
  const auto away = deployment_.folder() / "away";
  std::filesystem::rename(folder, away);
  deployment_.parts().audit.note(audit::Event(audit::Kind::kAdministration).action("start"));
  EXPECT_EQ(rule("/readyz"), "ready.audit");
  EXPECT_EQ(rule("/healthz"), "ok");
  std::filesystem::rename(away, folder);
  EXPECT_TRUE(deployment_.parts().audit.keep_head().ok());  // as the server does by itself
  EXPECT_EQ(rule("/readyz"), "ok");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::serve
