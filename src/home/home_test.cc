// SPDX-License-Identifier: Apache-2.0
// Joining over real TLS against a server that checks what a gatekeeper checks, and homes as they
// lie on disk.
#include "home/home.h"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>

#include "api/join_proof.h"
#include "api/routes.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "home/join.h"
#include "net/certificate.h"

namespace cryptonet::home {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

/// A folder of this test alone, removed at its end.
class TestFolder {
 public:
  TestFolder() : path_(fs::temp_directory_path() / ("cryptonet_home_test." + unique())) {
    fs::create_directory(path_);
  }
  ~TestFolder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  static std::string unique() {
    std::array<std::uint8_t, 8> bytes{};
    base::OsRandomness().fill(bytes);
    return base::to_hex(bytes);
  }
  fs::path path_;
};

/// A server with the join route: it certifies whoever proves the enrolment secret.
class JoinServer {
 public:
  JoinServer() {
    authority_ = net::make_authority("test", validity_).value();
    const auto issued =
        net::issue_with_new_key(authority_, {net::PeerRole::kGatekeeper, "gatekeeper"}, validity_)
            .value();
    net::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.identity = {issued.certificate_pem, issued.key_pem, authority_.certificate_pem};
    options.routes.push_back({"POST",
                              "/v1/join",
                              {net::PeerRole::kNone},
                              32768,
                              [this](const net::HttpRequest& request) { return answer(request); }});
    options.worker_threads = 1;
    server_ = net::HttpServer::start(std::move(options)).value();
  }
  std::string url() const { return server_->url(); }
  int asked() const { return asked_; }
  /// The next requests come too soon.
  void refuse_first(int requests) { refusals_ = requests; }
  const api::JoinRequest& last() const { return last_; }

  fs::path write_enrolment(const TestFolder& folder, const char* name, const std::string& role,
                           const std::string& id = "enrolment-1") const {
    api::Enrolment enrolment;
    enrolment.id = id;
    enrolment.name = "Ada";
    enrolment.role = role;
    enrolment.secret = base::to_base64(secret_);
    enrolment.authority_pem = authority_.certificate_pem;
    enrolment.sealing_key = base::to_base64(base::Bytes(32, 9));
    const auto path = folder / name;
    std::ofstream(path) << enrolment.to_json();
    return path;
  }
  const base::Bytes& secret() const { return secret_; }

 private:
  base::Result<net::HttpResponse> answer(const net::HttpRequest& http) {
    ++asked_;
    if (asked_ <= refusals_) return net::too_many_requests("this address", std::chrono::seconds(1));
    CN_ASSIGN(last_, api::JoinRequest::from_json(base::text_of(http.body)));
    const auto proof = api::join_proof(secret_, last_.csr_pem, last_.signing_key);
    if (base::to_hex(proof) != last_.proof) {
      return base::Error(ErrorCode::kRefused, "join.proof", "no");
    }
    api::JoinReply reply;
    CN_ASSIGN(reply.certificate_pem,
              net::issue_certificate(authority_, last_.csr_pem,
                                     {net::PeerRole::kContributor, "Ada"}, validity_));
    return net::json_response(reply.to_json());
  }

  net::Validity validity_ = net::valid_from(std::chrono::system_clock::now(), 2);
  base::Bytes secret_ = base::Bytes(32, 3);
  net::KeyAndCertificate authority_;
  api::JoinRequest last_;
  std::atomic<int> asked_ = 0;
  std::atomic<int> refusals_ = 0;
  std::unique_ptr<net::HttpServer> server_;
};

class Joining : public ::testing::Test {
 protected:
  base::Result<Joined> join_with(const JoinOptions& options) {
    base::OsRandomness randomness;
    return join(options, base::real_file_system(), randomness);
  }
  JoinOptions contributor() {
    return {server_.write_enrolment(folder_, "enrol", "contributor"), folder_ / "home",
            server_.url(), "https://127.0.0.1:7"};
  }
  std::vector<std::string> entries() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  JoinServer server_;
  TestFolder folder_;
};

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777U;
}

TEST_F(Joining, MakesAPrivateHomeThatOpens) {
  const auto joined = join_with(contributor());
  ASSERT_TRUE(joined.ok()) << joined.error().message;
  EXPECT_FALSE(joined->already);
  EXPECT_EQ(mode_of(folder_ / "home"), 0700U);
  for (const auto& entry : fs::directory_iterator(folder_ / "home")) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
  }
  const auto home = Home::open(folder_ / "home");
  ASSERT_TRUE(home.ok()) << home.error().message;
  EXPECT_EQ(home->identity(), joined->identity);
  EXPECT_EQ(home->identity().name, "Ada");
  EXPECT_EQ(home->role(), net::PeerRole::kContributor);
  EXPECT_EQ(home->sealing_key()[0], 9);
  const auto secret = home->enrolment_secret();
  ASSERT_TRUE(secret.ok());
  EXPECT_TRUE(base::equal_constant_time(secret->span(), server_.secret()));
  ASSERT_TRUE(home->device_secret().ok());
  const auto signing = home->signing_key();
  ASSERT_TRUE(signing.ok());
  // libsodium keeps the public key in the second half of the secret one.
  EXPECT_EQ(base::to_base64(signing->span().subspan(32)), server_.last().signing_key);
  EXPECT_TRUE(home->gatekeeper().ok());
  EXPECT_TRUE(home->cloud().ok());
  EXPECT_EQ(entries(), (std::vector<std::string>{"enrol", "home"}));
}

TEST_F(Joining, WaitsForItsTurn) {
  server_.refuse_first(2);
  const auto joined = join_with(contributor());
  ASSERT_TRUE(joined.ok()) << base::describe(joined.error());
  EXPECT_EQ(server_.asked(), 3);
}

TEST_F(Joining, KeepsTheSecretAtHome) {
  ASSERT_TRUE(join_with(contributor()).ok());
  const std::string sent = server_.last().to_json();
  EXPECT_EQ(sent.find(base::to_base64(server_.secret())), std::string::npos);
  EXPECT_EQ(sent.find(base::to_hex(server_.secret())), std::string::npos);
  EXPECT_EQ(sent.find("PRIVATE"), std::string::npos);
}

TEST_F(Joining, GivesAResearcherNoSigningKey) {
  auto options = contributor();
  options.enrolment_file = server_.write_enrolment(folder_, "enrol2", "researcher");
  options.cloud.clear();
  ASSERT_TRUE(join_with(options).ok());
  EXPECT_EQ(server_.last().signing_key, "");
  EXPECT_FALSE(fs::exists(folder_ / "home" / kSigningKeyFile));
  const auto home = Home::open(folder_ / "home");
  ASSERT_TRUE(home.ok());
  EXPECT_EQ(home->signing_key().error().code, ErrorCode::kRefused);
  EXPECT_EQ(home->cloud().error().rule, "home.no_cloud");
  EXPECT_EQ(home->require_role(net::PeerRole::kContributor, "upload").error().rule, "home.role");
}

TEST_F(Joining, TwiceKeepsKeysAndTakesNewAddresses) {
  ASSERT_TRUE(join_with(contributor()).ok());
  const auto key = base::read_file(folder_ / "home" / kKeyFile, 65536).value();
  auto options = contributor();
  options.cloud = "https://127.0.0.1:8";
  const auto again = join_with(options);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_TRUE(again->already);
  EXPECT_EQ(server_.asked(), 1);
  EXPECT_EQ(base::read_file(folder_ / "home" / kKeyFile, 65536).value(), key);
  EXPECT_EQ(Home::open(folder_ / "home")->identity().cloud, "https://127.0.0.1:8");
}

TEST_F(Joining, NeverTakesOverAnotherHome) {
  ASSERT_TRUE(join_with(contributor()).ok());
  auto options = contributor();
  options.enrolment_file = server_.write_enrolment(folder_, "other", "contributor", "enrolment-2");
  const auto refused = join_with(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "join.occupied");

  fs::create_directory(folder_ / "letters");
  std::ofstream(folder_ / "letters" / "mine.txt") << "x";
  options.folder = folder_ / "letters";
  EXPECT_EQ(join_with(options).error().rule, "join.occupied");
  EXPECT_TRUE(fs::exists(folder_ / "letters" / "mine.txt"));
}

TEST_F(Joining, FillsAnEmptyFolderAndLeavesNothingBehindWhenItFails) {
  fs::create_directory(folder_ / "home");
  ASSERT_TRUE(join_with(contributor()).ok());
  EXPECT_EQ(mode_of(folder_ / "home"), 0700U);

  auto options = contributor();
  options.folder = folder_ / "home2";
  options.gatekeeper = "https://127.0.0.1:1";
  EXPECT_EQ(join_with(options).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(entries(), (std::vector<std::string>{"enrol", "home"}));
}

TEST_F(Joining, RefusesFilesThatAreNoEnrolmentOfAClient) {
  auto options = contributor();
  for (const std::string text : {"", "{}", "{\"format\":\"cryptonet.enrolment.v1\"}"}) {
    std::ofstream(options.enrolment_file) << text;
    const auto refused = join_with(options);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(refused.error().file, options.enrolment_file.string());
  }
  api::CloudEnrolment cloud;
  cloud.id = "c";
  cloud.name = "cloud";
  cloud.secret = base::to_base64(base::Bytes(32, 1));
  cloud.sealing_key = cloud.secret;
  cloud.authority_pem = cloud.certificate_pem = cloud.key_pem = "x";
  std::ofstream(options.enrolment_file) << cloud.to_json();
  const auto refused = join_with(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("sets up a cloud"), std::string::npos);
  options.enrolment_file = folder_ / "nowhere";
  EXPECT_EQ(join_with(options).error().code, ErrorCode::kLocalIo);
}

TEST_F(Joining, WantsBothAddressesOfAContributor) {
  auto options = contributor();
  options.cloud.clear();
  EXPECT_EQ(join_with(options).error().rule, "join.cloud");
  options = contributor();
  options.gatekeeper = "not a url";
  EXPECT_EQ(join_with(options).error().code, ErrorCode::kUsage);
  options = contributor();
  options.cloud = "ftp://x";
  EXPECT_EQ(join_with(options).error().code, ErrorCode::kUsage);
  EXPECT_EQ(server_.asked(), 0);
}

TEST_F(Joining, PassesOnTheNoOfTheGatekeeper) {
  auto options = contributor();
  api::Enrolment enrolment =
      api::Enrolment::from_json(
          base::text_of(base::read_file(options.enrolment_file, 65536).value()))
          .value();
  enrolment.secret = base::to_base64(base::Bytes(32, 4));
  std::ofstream(options.enrolment_file) << enrolment.to_json();
  EXPECT_EQ(join_with(options).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(fs::exists(folder_ / "home"));
}

TEST_F(Joining, HomeOpenToOthersIsRefused) {
  ASSERT_TRUE(join_with(contributor()).ok());
  fs::permissions(folder_ / "home", fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(Home::open(folder_ / "home").error().code, ErrorCode::kLocalIo);
  EXPECT_EQ(Home::open(folder_ / "nothing").error().rule, "home.missing");
}

TEST_F(Joining, BrokenHomesSayWhichFile) {
  ASSERT_TRUE(join_with(contributor()).ok());
  std::ofstream(folder_ / "home" / kDeviceSecretFile) << "short";
  const auto home = Home::open(folder_ / "home");
  ASSERT_TRUE(home.ok());
  const auto secret = home->device_secret();
  ASSERT_FALSE(secret.ok());
  EXPECT_EQ(secret.error().code, ErrorCode::kBadInput);
  EXPECT_NE(secret.error().file.find(kDeviceSecretFile), std::string::npos);
  std::ofstream(folder_ / "home" / kIdentityFile) << "{}";
  EXPECT_EQ(Home::open(folder_ / "home").error().code, ErrorCode::kBadInput);
}

TEST(FindFolder, PrefersTheFlagThenTheEnvironment) {
  ::setenv("CRYPTONET_HOME", "from_environment", 1);
  EXPECT_EQ(find_folder("flag")->string(), "flag");
  EXPECT_EQ(find_folder("")->string(), "from_environment");
  ::unsetenv("CRYPTONET_HOME");
  ::setenv("HOME", "user", 1);
  EXPECT_EQ(find_folder("")->string(), "user/.cryptonet");
  ::unsetenv("HOME");
  EXPECT_EQ(find_folder("").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace cryptonet::home
