// SPDX-License-Identifier: Apache-2.0
// Joining as a client would do it, and the ways in which it must fail.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "gatekeeper/auth/admission.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using api::JoinRequest;
using base::ErrorCode;
using state::EnrolmentRole;

class AuthTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "cn_auth_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto database = state::Database::create(folder_ / "state.db");
    ASSERT_TRUE(database.ok());
    database_ = std::move(database).value();
    identities_.emplace(*database_);
    auto certificate = net::make_authority("test authority", net::valid_from(now_, 10));
    ASSERT_TRUE(certificate.ok());
    certificate_ = std::move(certificate).value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Authority authority() { return {*identities_, keys_, certificate_}; }
  /// Enrols and reads the file back.
  nlohmann::json enrolled(const std::string& name, EnrolmentRole role) {
    const auto file = folder_ / name;
    const auto made =
        enrol(authority(), {name, role}, file, base::real_file_system(), randomness_, now_);
    EXPECT_TRUE(made.ok()) << base::describe(made.error());
    const auto bytes = base::read_file(file, 1 << 20);
    EXPECT_TRUE(bytes.ok());
    return nlohmann::json::parse(base::text_of(*bytes));
  }
  /// The proof as docs/formats/enrolment.md describes it.
  static std::string proof(const nlohmann::json& file, const JoinRequest& request) {
    base::Bytes key(32);
    base::hkdf_sha256(*base::from_base64(file.at("secret").get<std::string>()), {},
                      base::view_of("cryptonet join v1"), key);
    const std::string message = request.csr_pem + std::string(1, '\0') + request.signing_key;
    return base::to_hex(base::hmac_sha256(key, base::view_of(message)));
  }
  static JoinRequest request_for(const nlohmann::json& file) {
    const auto csr = net::make_key_and_request("wish");
    EXPECT_TRUE(csr.ok());
    JoinRequest request;
    request.enrolment = file.at("id").get<std::string>();
    request.csr_pem = csr->csr_pem;
    if (file.at("role") == "contributor") {
      request.signing_key = base::to_base64(base::Bytes(32, 7));
    }
    request.proof = proof(file, request);
    return request;
  }
  static net::Peer peer_with(const std::string& certificate_pem) {
    const auto info = net::read_certificate(certificate_pem);
    EXPECT_TRUE(info.ok());
    return {info->role, info->name, info->hash, "127.0.0.1"};
  }

  net::TimePoint now_ = std::chrono::system_clock::now();
  std::filesystem::path folder_;
  base::OsRandomness randomness_;
  keys::KeyRing keys_ = keys::KeyRing::generate(randomness_);
  std::unique_ptr<state::Database> database_;
  std::optional<state::Identities> identities_;
  net::KeyAndCertificate certificate_;
};

TEST_F(AuthTest, EnrolmentFileIsPrivateAndWhole) {
  const auto file = enrolled("clinic", EnrolmentRole::kContributor);
  EXPECT_EQ(file.at("format"), "cryptonet.enrolment.v1");
  EXPECT_EQ(file.at("name"), "clinic");
  EXPECT_EQ(file.at("role"), "contributor");
  EXPECT_EQ(base::from_base64(file.at("secret").get<std::string>())->size(), 32U);
  EXPECT_EQ(*base::from_base64(file.at("sealing_key").get<std::string>()),
            base::Bytes(keys_.public_key().begin(), keys_.public_key().end()));
  EXPECT_EQ(file.at("authority_pem"), certificate_.certificate_pem);
  EXPECT_FALSE(file.contains("key_pem"));
  EXPECT_TRUE(api::Enrolment::from_json(file.dump()).ok());
  EXPECT_EQ(std::filesystem::status(folder_ / "clinic").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AuthTest, CloudFileNeedsNobody) {
  const auto file = enrolled("cloud", EnrolmentRole::kCloud);
  const auto info = net::read_certificate(file.at("certificate_pem").get<std::string>());
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->role, net::PeerRole::kCloud);
  EXPECT_FALSE(file.at("key_pem").get<std::string>().empty());
  EXPECT_TRUE(api::CloudEnrolment::from_json(file.dump()).ok());
  EXPECT_EQ(join(authority(), request_for(file), now_).error().rule, "join.cloud");
  EXPECT_EQ(revoke(authority(), "cloud", now_).error().rule, "revoke.cloud");
}

TEST_F(AuthTest, ExistingFileIsNotTouchedAndNothingIsEnrolled) {
  const auto file = folder_ / "taken";
  ASSERT_TRUE(
      base::write_atomically(base::real_file_system(), file, base::view_of("mine"), 0600).ok());
  const auto refused = enrol(authority(), {"clinic", EnrolmentRole::kContributor}, file,
                             base::real_file_system(), randomness_, now_);
  EXPECT_EQ(refused.error().rule, "enrol.file_exists");
  EXPECT_EQ(base::text_of(*base::read_file(file, 100)), "mine");
  EXPECT_FALSE(identities_->find_enrolment_by_name("clinic")->has_value());
}

TEST_F(AuthTest, MissingFolderLeavesNoEnrolment) {
  const auto refused = enrol(authority(), {"clinic", EnrolmentRole::kContributor},
                             folder_ / "no" / "file", base::real_file_system(), randomness_, now_);
  EXPECT_EQ(refused.error().code, ErrorCode::kLocalIo);
  EXPECT_FALSE(identities_->find_enrolment_by_name("clinic")->has_value());
}

TEST_F(AuthTest, JoinSignsTheEnrolmentsNameAndRoleNotTheRequests) {
  const auto file = enrolled("clinic", EnrolmentRole::kContributor);
  const auto certificate = join(authority(), request_for(file), now_);
  ASSERT_TRUE(certificate.ok()) << base::describe(certificate.error());
  const net::Peer peer = peer_with(*certificate);
  EXPECT_EQ(peer.name, "clinic");
  EXPECT_EQ(peer.role, net::PeerRole::kContributor);
  const auto principal = principal_of(*identities_, peer);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->enrolment.name, "clinic");
  ASSERT_TRUE(principal->certificate.signing_key.has_value());
  EXPECT_EQ(principal->certificate.signing_key->at(31), 7);
}

TEST_F(AuthTest, EnrolmentIsReusableUntilRevoked) {
  const auto file = enrolled("reader", EnrolmentRole::kResearcher);
  const auto first = join(authority(), request_for(file), now_);
  const auto second = join(authority(), request_for(file), now_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(*first, *second);
  ASSERT_TRUE(revoke(authority(), "reader", now_).ok());
  EXPECT_EQ(join(authority(), request_for(file), now_).error().rule, "join.revoked");
  for (const auto& certificate : {*first, *second}) {
    const auto refused = principal_of(*identities_, peer_with(certificate));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
    EXPECT_EQ(refused.error().rule, "peer.revoked");
  }
}

TEST_F(AuthTest, WrongProofAndUnknownEnrolmentAreToldAlike) {
  const auto file = enrolled("clinic", EnrolmentRole::kContributor);
  const JoinRequest right = request_for(file);
  std::vector<JoinRequest> wrong(6, right);
  wrong[0].proof.back() = wrong[0].proof.back() == '0' ? '1' : '0';
  wrong[1].proof.clear();
  wrong[2].enrolment = std::string(32, '0');
  wrong[3].signing_key = base::to_base64(base::Bytes(32, 8));      // not what was proved
  wrong[4].csr_pem = net::make_key_and_request("other")->csr_pem;  // another key
  wrong[5].proof = proof({{"secret", base::to_base64(base::Bytes(32, 0))}}, right);
  for (const JoinRequest& request : wrong) {
    const auto refused = join(authority(), request, now_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
    EXPECT_EQ(refused.error().rule, "join.proof");
  }
  // An unknown enrolment is not admitted by the proof of an all-zero secret either.
  JoinRequest unknown = wrong[5];
  unknown.enrolment = std::string(32, '0');
  EXPECT_EQ(join(authority(), unknown, now_).error().rule, "join.proof");
}

TEST_F(AuthTest, SigningKeysAreForContributors) {
  const auto reader = enrolled("reader", EnrolmentRole::kResearcher);
  JoinRequest request = request_for(reader);
  request.signing_key = base::to_base64(base::Bytes(32, 7));
  request.proof = proof(reader, request);
  EXPECT_EQ(join(authority(), request, now_).error().rule, "join.signing_key");
  const auto clinic = enrolled("clinic", EnrolmentRole::kContributor);
  request = request_for(clinic);
  request.signing_key = base::to_base64(base::Bytes(31, 7));
  request.proof = proof(clinic, request);
  EXPECT_EQ(join(authority(), request, now_).error().rule, "join.signing_key");
}

TEST_F(AuthTest, CertificateOfTheAuthorityThatWasNeverRegisteredIsRefused) {
  const auto stranger = net::issue_with_new_key(
      certificate_, {net::PeerRole::kResearcher, "stranger"}, net::valid_from(now_, 5));
  ASSERT_TRUE(stranger.ok());
  const auto refused = principal_of(*identities_, peer_with(stranger->certificate_pem));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "peer.unknown");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
