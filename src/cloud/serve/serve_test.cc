// SPDX-License-Identifier: Apache-2.0
// The whole way over real TLS: a contributor sends a table that was really encrypted, a gatekeeper
// asks for totals and opens them, and they equal the sums over the clear rows; and every route
// against the roles that may not use it.
#include "cloud/serve/serve.h"

#include <gtest/gtest.h>

#include "api/messages.h"
#include "api/routes.h"
#include "base/hash.h"
#include "cloud/serve/routes.h"
#include "cloud/store/store_testing.h"
#include "net/certificate.h"

namespace cryptonet::cloud::serve {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::Result;
using columns::UploadForTest;
using columns::format::ColumnPair;
using columns::format::Residues;
using columns::format::TotalsRequest;
using net::PeerRole;

const columns::UnitRows& rows() {
  static const columns::UnitRows made = columns::random_rows(9000, 11);
  return made;
}
const UploadForTest& upload() {
  static const UploadForTest made = columns::make_upload(columns::usual_plans(), {rows()}, 11);
  return made;
}
std::string id() { return upload().body.upload.hex(); }

class CloudTest : public testing::Test {
 protected:
  CloudTest()
      : authority_(net::make_authority("test", validity_).value()),
        store_(store::open_store(folder_.path(), base::real_file_system()).value()),
        totals_(*store_, 2) {
    net::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.identity = identity(PeerRole::kCloud);
    options.routes = make_routes({*store_, totals_, "1.2.3", {}});
    server_ = net::HttpServer::start(std::move(options)).value();
  }

  net::TlsIdentity identity(PeerRole role) const {
    const auto issued = net::issue_with_new_key(authority_, {role, "someone"}, validity_).value();
    return {issued.certificate_pem, issued.key_pem, authority_.certificate_pem};
  }
  net::HttpClient& as(PeerRole role) {
    auto& client = clients_[role];
    if (client == nullptr) {
      net::ClientOptions options;
      options.url = server_->url();
      options.server_role = PeerRole::kCloud;
      options.identity = role == PeerRole::kNone
                             ? net::TlsIdentity{"", "", authority_.certificate_pem}
                             : identity(role);
      client = net::HttpClient::create(std::move(options)).value();
    }
    return *client;
  }
  Result<Bytes> call(PeerRole role, const api::RouteInfo& route,
                     std::initializer_list<std::string_view> parameters, base::ByteView body = {}) {
    return as(role).request(std::string(route.method), api::path_of(route, parameters), body,
                            "application/octet-stream");
  }
  static api::UploadState state(const Result<Bytes>& answer) {
    EXPECT_TRUE(answer.ok()) << describe(answer.error());
    return api::UploadState::from_json(base::text_of(*answer)).value();
  }
  void put_upload() {
    call(PeerRole::kContributor, api::cloud::kPutManifest, {id()}, upload().manifest->bytes())
        .value();
    store::for_each_segment(upload(), [&](const base::Digest& name, const Bytes& bytes) {
      call(PeerRole::kContributor, api::cloud::kPutSegment, {id(), base::to_hex(name)}, bytes)
          .value();
    });
  }

  net::Validity validity_ = net::valid_from(std::chrono::system_clock::now(), 1);
  net::KeyAndCertificate authority_;
  store::TestFolder folder_;
  std::unique_ptr<store::Store> store_;
  compute::Totals totals_;
  std::unique_ptr<net::HttpServer> server_;
  std::map<PeerRole, std::unique_ptr<net::HttpClient>> clients_;
};

TEST_F(CloudTest, ATableGoesInAndItsSumsComeOut) {
  const auto announced = state(
      call(PeerRole::kContributor, api::cloud::kPutManifest, {id()}, upload().manifest->bytes()));
  EXPECT_EQ(announced.manifest_digest, base::to_hex(upload().manifest->digest()));
  EXPECT_FALSE(announced.complete);
  EXPECT_EQ(announced.missing.size(), 5U);
  put_upload();
  EXPECT_TRUE(state(call(PeerRole::kContributor, api::cloud::kCompleteUpload, {id()})).complete);

  std::vector<columns::open::CheckedPair> wanted = {
      columns::sum_of(columns::kX), columns::sum_of(columns::kWeight),
      columns::product_of(columns::kX, columns::kIndicator),
      columns::product_of(columns::kX, columns::kX)};
  std::set<ColumnPair> pairs;
  for (const auto& pair : wanted) {
    pairs.insert(pair.value());
    pairs.insert(pair.check());
  }
  const TotalsRequest request{
      upload().body.upload, upload().manifest->digest(), {0}, {pairs.begin(), pairs.end()}};
  const auto reply = call(PeerRole::kGatekeeper, api::cloud::kComputeTotals, {id()},
                          columns::format::write_totals_request(request));
  ASSERT_TRUE(reply.ok()) << describe(reply.error());
  const auto& set = upload().manifest->parameters();
  const auto numbers = columns::format::parse_totals_reply(set, request, *reply).value();
  const auto total_of = [&](const ColumnPair& pair) -> const Residues& {
    return numbers[static_cast<std::size_t>(std::distance(pairs.begin(), pairs.find(pair)))];
  };
  std::vector<std::int64_t> clear(4);
  for (std::size_t i = 0; i < rows()[0].size(); ++i) {
    const std::int64_t x = rows()[0][i];
    clear[0] += x;
    clear[1] += 1;
    clear[2] += rows()[1][i] == 2 ? x : 0;
    clear[3] += x * x;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto opened =
        upload().open_with(0, wanted[i], total_of(wanted[i].value()), total_of(wanted[i].check()));
    ASSERT_TRUE(opened.ok()) << i;
    EXPECT_EQ(*opened, clear[i]) << i;
  }
}

TEST_F(CloudTest, RefusesRolesThatARouteIsNotFor) {
  put_upload();
  const std::string segment = base::to_hex(upload().body.units[0].segments[0][0]);
  const auto refused = [&](PeerRole role, const api::RouteInfo& route,
                           std::initializer_list<std::string_view> parameters) {
    const auto answer = call(role, route, parameters);
    return !answer.ok() && answer.error().code == ErrorCode::kRefused;
  };
  for (const PeerRole role : {PeerRole::kNone, PeerRole::kResearcher, PeerRole::kGatekeeper,
                              PeerRole::kContributor, PeerRole::kCloud}) {
    SCOPED_TRACE(net::role_name(role));
    const bool contributor = role == PeerRole::kContributor;
    const bool gatekeeper = role == PeerRole::kGatekeeper;
    EXPECT_EQ(refused(role, api::cloud::kPutManifest, {id()}), !contributor);
    EXPECT_EQ(refused(role, api::cloud::kPutSegment, {id(), segment}), !contributor);
    EXPECT_EQ(refused(role, api::cloud::kCompleteUpload, {id()}), !contributor);
    EXPECT_EQ(refused(role, api::cloud::kGetUpload, {id()}), !contributor && !gatekeeper);
    EXPECT_EQ(refused(role, api::cloud::kComputeTotals, {id()}), !gatekeeper);
    EXPECT_EQ(refused(role, api::cloud::kGetStatus, {}), role == PeerRole::kNone);
    EXPECT_EQ(refused(role, api::cloud::kDeleteUpload, {std::string(32, '0')}), !gatekeeper);
  }
  EXPECT_TRUE(state(call(PeerRole::kGatekeeper, api::cloud::kGetUpload, {id()})).complete);
}

TEST_F(CloudTest, RefusesWhatIsNoIdOrHash) {
  const std::string upper(32, 'A');
  for (const std::string& bad : {std::string("x"), std::string(31, 'a'), std::string(33, 'a'),
                                 upper, std::string("..%2f"), std::string("../../secret")}) {
    EXPECT_EQ(call(PeerRole::kContributor, api::cloud::kGetUpload, {bad}).error().rule,
              "cloud.upload_id");
    EXPECT_EQ(call(PeerRole::kContributor, api::cloud::kPutSegment, {id(), bad}).error().rule,
              "cloud.segment_name");
  }
  EXPECT_EQ(call(PeerRole::kContributor, api::cloud::kCompleteUpload, {id()}).error().rule,
            "store.upload_not_found");
  const auto absent = state(call(PeerRole::kGatekeeper, api::cloud::kGetUpload, {id()}));
  EXPECT_FALSE(absent.complete);
  EXPECT_EQ(absent.manifest_digest, "");
}

TEST_F(CloudTest, AnswersWholeUnitsOfOneManifestOnly) {
  // What a single segment, a foreign column or a part of a unit would tell is in
  // docs/maths/masked_columns.md; here, that no question gets it.
  const auto ask = [&](const Bytes& body, const std::string& path_id) {
    return call(PeerRole::kGatekeeper, api::cloud::kComputeTotals, {path_id}, body);
  };
  const TotalsRequest whole{upload().body.upload, upload().manifest->digest(), {0}, {{0, 1}}};
  const Bytes question = columns::format::write_totals_request(whole);

  // Half an upload, every segment but one, answers nothing.
  call(PeerRole::kContributor, api::cloud::kPutManifest, {id()}, upload().manifest->bytes())
      .value();
  std::vector<std::pair<base::Digest, Bytes>> segments;
  store::for_each_segment(upload(), [&](const base::Digest& name, const Bytes& bytes) {
    segments.emplace_back(name, bytes);
  });
  for (std::size_t i = 1; i < segments.size(); ++i) {
    EXPECT_FALSE(ask(question, id()).ok()) << i;
    call(PeerRole::kContributor, api::cloud::kPutSegment, {id(), base::to_hex(segments[i].first)},
         segments[i].second)
        .value();
  }
  EXPECT_FALSE(ask(question, id()).ok());
  put_upload();
  ASSERT_TRUE(ask(question, id()).ok());

  // The path may not name one upload and the question another.
  columns::format::UploadId other = upload().body.upload;
  other.bytes[0] ^= 1;
  EXPECT_FALSE(ask(question, other.hex()).ok());
  TotalsRequest changed = whole;
  changed.upload = other;
  EXPECT_FALSE(ask(columns::format::write_totals_request(changed), id()).ok());
  // A column that the manifest does not have, and another manifest.
  changed = whole;
  changed.pairs = {{0, 5}};
  EXPECT_FALSE(ask(columns::format::write_totals_request(changed), id()).ok());
  changed = whole;
  changed.manifest_digest[31] ^= 1;
  EXPECT_FALSE(ask(columns::format::write_totals_request(changed), id()).ok());
  // There is no place for a range of chunks: a question with anything behind it is none.
  for (const std::size_t extra : {1U, 4U, 8U, 32U}) {
    Bytes longer = question;
    longer.resize(question.size() + extra);
    EXPECT_FALSE(ask(longer, id()).ok()) << extra;
  }
  // Nobody reads a segment back.
  const api::RouteInfo& put = api::cloud::kPutSegment;
  const std::string path = api::path_of(put, {id(), base::to_hex(segments[0].first)});
  for (const PeerRole role :
       {PeerRole::kGatekeeper, PeerRole::kContributor, PeerRole::kResearcher}) {
    for (const char* method : {"GET", "POST", "HEAD"}) {
      EXPECT_FALSE(as(role).request(method, path, {}, "application/octet-stream").ok()) << method;
    }
  }
  EXPECT_TRUE(ask(question, id()).ok());
}

TEST_F(CloudTest, DoesNotServeUnderAnEnrolmentThatIsNotACloudsOwn) {
  const auto enrolment = folder_.path() / "enrol-cloud";
  const auto refusal = [&](const std::string& text) {
    std::ofstream(enrolment) << text;
    ServeOptions options;
    options.home = folder_.path() / "other";
    options.listen = "127.0.0.1:0";
    options.enrolment = enrolment;
    options.log = std::make_shared<spdlog::logger>("silent");
    options.on_ready = [](const std::string&) { FAIL() << "it serves"; };
    const base::Status served = serve(options);
    EXPECT_EQ(served.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(served.error().rule, "cloud.enrolment");
    return served.error().message;
  };
  const auto file_of = [&](PeerRole role, const net::Validity& validity) {
    const auto issued = net::issue_with_new_key(authority_, {role, "cloud"}, validity).value();
    api::CloudEnrolment file;
    file.id = std::string(32, 'a');
    file.name = "cloud";
    file.secret = file.sealing_key = std::string(43, 'A') + "=";
    file.certificate_pem = issued.certificate_pem;
    file.key_pem = issued.key_pem;
    file.authority_pem = authority_.certificate_pem;
    return file.to_json();
  };
  const auto now = std::chrono::system_clock::now();
  const net::Validity past{now - std::chrono::hours(48), now - std::chrono::hours(24)};
  EXPECT_NE(refusal("{}").find("not the enrolment file"), std::string::npos);
  EXPECT_NE(refusal(file_of(PeerRole::kContributor, validity_)).find("not for a cloud"),
            std::string::npos);
  EXPECT_NE(refusal(file_of(PeerRole::kCloud, past)).find("has expired"), std::string::npos);
}

TEST_F(CloudTest, DeletesOnceAndAgain) {
  put_upload();
  for (int i = 0; i < 2; ++i) {
    const auto gone = state(call(PeerRole::kGatekeeper, api::cloud::kDeleteUpload, {id()}));
    EXPECT_EQ(gone.manifest_digest, "");
    EXPECT_FALSE(gone.complete);
  }
  const auto status = api::CloudStatus::from_json(
      base::text_of(call(PeerRole::kResearcher, api::cloud::kGetStatus, {}).value()));
  ASSERT_TRUE(status.ok()) << describe(status.error());
  EXPECT_EQ(status->version, "1.2.3");
  EXPECT_EQ(status->uploads, 0U);
  EXPECT_EQ(status->segments, 0U);
}

TEST_F(CloudTest, AnswersSegmentsThatAreThereAlready) {
  put_upload();
  const Bytes bytes = upload().segment_file(0, 0, 0);
  const auto again = call(PeerRole::kContributor, api::cloud::kPutSegment,
                          {id(), base::to_hex(base::sha256(bytes))}, bytes);
  const auto stored = api::SegmentStored::from_json(base::text_of(again.value()));
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(stored->already_present);
  Bytes flipped = bytes;
  flipped.back() ^= 1;
  EXPECT_EQ(call(PeerRole::kContributor, api::cloud::kPutSegment,
                 {id(), base::to_hex(base::sha256(bytes))}, flipped)
                .error()
                .code,
            ErrorCode::kIntegrity);
}

}  // namespace
}  // namespace cryptonet::cloud::serve
