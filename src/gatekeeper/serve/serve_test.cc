// SPDX-License-Identifier: Apache-2.0
// From joining to answers over TLS, with uploads that the real encryptor made: what is answered,
// what is kept, what is refused.
#include <gtest/gtest.h>
#include <sodium.h>

#include "gatekeeper/auth/admission.h"
#include "gatekeeper/serve/deployment_testing.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::ErrorCode;
using state::EnrolmentRole;

constexpr const char* kSchema = R"(
row_limit = 2_000
partition = ["site"]
[columns.site]
role = "dimension"
categories = [1, 2]
[columns.g]
role = "dimension"
categories = ["a", "b", "c"]
[columns.x]
role = "measure"
decimals = 1
min = -100.0
max = 100.0
nullable = true
)";

table::Schema schema_of(const std::string& text) {
  auto schema = table::parse_schema(text, "schema");
  CHECK(schema.ok());
  return std::move(schema).value();
}

std::vector<plan::ClearRow> rows_of(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<plan::ClearRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    std::optional<std::int64_t> x;
    if (engine() % 5 != 0) x = static_cast<std::int64_t>(engine() % 2001) - 1000;
    rows.push_back(
        {{std::nullopt, std::nullopt, x},
         {static_cast<std::uint32_t>(engine() % 2), static_cast<std::uint32_t>(engine() % 3), 0},
         true});
  }
  return rows;
}

class ServeTest : public testing::Test {
 protected:
  ServeTest()
      : clinic_(deployment_.join("clinic", EnrolmentRole::kContributor)),
        reader_(deployment_.join("reader", EnrolmentRole::kResearcher)) {}

  EncryptedTable encrypted(const Client& contributor, std::size_t rows, std::uint64_t seed,
                           const std::string& schema = kSchema) {
    return deployment_.encrypt(contributor, {"t", schema_of(schema), rows_of(rows, seed), {}});
  }
  /// COUNT(*), COUNT(x), SUM(x) in clear.
  static std::vector<api::Cell> clear(const std::vector<std::vector<plan::ClearRow>>& versions) {
    std::int64_t count = 0;
    std::int64_t present = 0;
    std::int64_t sum = 0;
    for (const auto& rows : versions) {
      for (const auto& row : rows) {
        ++count;
        present += row.values[2] ? 1 : 0;
        sum += row.values[2].value_or(0);
      }
    }
    return {std::to_string(count), std::to_string(present), table::decimal_text(sum, 1)};
  }
  static constexpr const char* kTotals = "SELECT COUNT(*), COUNT(x), SUM(x) FROM t";

  Deployment deployment_;
  Client clinic_;
  Client reader_;
};

TEST_F(ServeTest, AnswersOverAllVersionsOfSeveralContributors) {
  Client hospital = deployment_.join("hospital", EnrolmentRole::kContributor);
  const auto first = deployment_.upload(clinic_, encrypted(clinic_, 500, 1));
  ASSERT_TRUE(first.ok()) << base::describe(first.error());
  EXPECT_EQ(first->version, 1U);
  auto answer = reader_.ask(kTotals);
  ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
  EXPECT_EQ(answer->rows.at(0), clear({rows_of(500, 1)}));
  EXPECT_EQ(answer->version, 1U);

  const auto second = deployment_.upload(hospital, encrypted(hospital, 400, 2));
  ASSERT_TRUE(second.ok()) << base::describe(second.error());
  EXPECT_EQ(second->version, 2U);
  answer = reader_.ask(kTotals);
  ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
  EXPECT_EQ(answer->rows.at(0), clear({rows_of(500, 1), rows_of(400, 2)}));
  EXPECT_EQ(answer->version, 2U);
  EXPECT_FALSE(answer->cached);

  // Each contributor drops its own version only; what is dropped leaves disk, cloud and answers.
  const auto foreign = clinic_.call("DELETE", "/v1/datasets/t/versions/2");
  EXPECT_EQ(foreign.error().rule, "upload.foreign");
  const auto upload = deployment_.parts().uploads.find_version("t", 2)->value().id;
  ASSERT_TRUE(hospital.call("DELETE", "/v1/datasets/t/versions/2").ok());
  ASSERT_TRUE(hospital.call("DELETE", "/v1/datasets/t/versions/2").ok());  // asked twice
  EXPECT_FALSE(deployment_.cloud().holds(upload));
  EXPECT_FALSE(std::filesystem::exists(deployment_.folder() / "uploads" / upload.hex()));
  answer = reader_.ask(kTotals);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->rows.at(0), clear({rows_of(500, 1)}));
  const auto third = deployment_.upload(hospital, encrypted(hospital, 400, 3));
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->version, 3U);  // never reused
}

TEST_F(ServeTest, OpensATotalOnceAndAnswersAQuestionOnce) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  const auto first = reader_.ask(kTotals);
  ASSERT_TRUE(first.ok()) << base::describe(first.error());
  const std::size_t asked = deployment_.cloud().totals_asked();
  EXPECT_GT(asked, 0U);
  // The same bound question in other words: kept answer, also after a restart.
  deployment_.restart();
  Client reader = deployment_.join("reader", EnrolmentRole::kResearcher);
  const auto again = reader.ask("select count(*), count(x), sum(x) from t");
  ASSERT_TRUE(again.ok()) << base::describe(again.error());
  EXPECT_EQ(again->rows, first->rows);
  // Another question over the same totals: nothing is asked of the cloud.
  const auto other = reader.ask("SELECT AVG(x) FROM t");
  ASSERT_TRUE(other.ok()) << base::describe(other.error());
  EXPECT_EQ(deployment_.cloud().totals_asked(), asked);
  // Without the cache the cloud is asked again, for the same numbers.
  const auto anew = reader.ask(kTotals, false);
  ASSERT_TRUE(anew.ok()) << base::describe(anew.error());
  EXPECT_EQ(anew->rows, first->rows);
  EXPECT_FALSE(anew->cached);
  EXPECT_EQ(deployment_.cloud().totals_asked(), 2 * asked);
}

// Whoever may no longer ask when the cloud has computed gets nothing, by session and by key.
TEST_F(ServeTest, ARightThatIsLostDuringAQuestionStopsTheAnswer) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  state::People& people = deployment_.parts().gate.people;
  const auto now = auth::unix_seconds(std::chrono::system_clock::now());
  const auto during = [&](const std::function<base::Result<bool>()>& change) {
    deployment_.cloud().tell([&](const auto& request, Numbers numbers) {
      EXPECT_TRUE(change().ok());
      return LyingCloud::honest(request, std::move(numbers));
    });
    const auto answer = reader_.ask(kTotals, false);
    deployment_.cloud().tell(LyingCloud::honest);
    return answer.ok() ? "answered" : answer.error().rule;
  };
  EXPECT_EQ(during([&] { return people.add_project("unrelated", now); }), "answered");
  EXPECT_EQ(during([&] { return people.attach("unrelated", "t"); }), "access.dataset");
  EXPECT_TRUE(people.detach("unrelated", "t").ok());
  EXPECT_EQ(during([&] { return people.remove("default", "reader", now); }), "access.role");
  EXPECT_TRUE(people.grant("default", "reader", state::Role::kResearcher, now).ok());
  EXPECT_TRUE(reader_.ask(kTotals).ok());
  // The kept answer as well.
  EXPECT_TRUE(people.attach("unrelated", "t").ok());
  EXPECT_EQ(reader_.ask(kTotals).error().rule, "access.dataset");
}

TEST_F(ServeTest, GroupsAndFiltersByDimensionAndPartition) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 900, 4)).ok());
  const auto answer = reader_.ask("SELECT g, COUNT(*), SUM(x) FROM t WHERE site = 2 GROUP BY g");
  ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
  ASSERT_EQ(answer->rows.size(), 3U);
  const auto rows = rows_of(900, 4);
  for (std::uint32_t group = 0; group < 3; ++group) {
    std::int64_t count = 0;
    std::int64_t sum = 0;
    for (const auto& row : rows) {
      if (row.codes[0] != 1 || row.codes[1] != group) continue;
      ++count;
      sum += row.values[2].value_or(0);
    }
    EXPECT_EQ(answer->rows[group],
              (std::vector<api::Cell>{std::string(1, static_cast<char>('a' + group)),
                                      std::to_string(count), table::decimal_text(sum, 1)}));
  }
}

TEST_F(ServeTest, ExplainsWithoutAskingTheCloud) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  const auto reply = reader_.call("POST", "/v1/query",
                                  base::view_of(api::QueryRequest{kTotals, true, true}.to_json()));
  ASSERT_TRUE(reply.ok()) << base::describe(reply.error());
  const auto explanation = api::QueryExplanation::from_json(*reply);
  ASSERT_TRUE(explanation.ok());
  EXPECT_GT(explanation->plan.pairs, 0U);
  EXPECT_FALSE(explanation->text.empty());
  EXPECT_EQ(deployment_.cloud().totals_asked(), 0U);
}

TEST_F(ServeTest, RefusesUploadsThatBreakARule) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  const auto refused_rule = [&](Client& contributor, const EncryptedTable& table) {
    const auto reply = deployment_.upload(contributor, table);
    return reply.ok() ? "accepted" : reply.error().rule;
  };
  // Another schema: the first difference is named, its values are not.
  std::string other(kSchema);
  other.replace(other.find("-100.0"), 6, "-200.0");
  const auto reply = deployment_.upload(clinic_, encrypted(clinic_, 500, 5, other));
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().rule, "upload.other_schema");
  EXPECT_EQ(reply.error().code, ErrorCode::kBadInput);
  EXPECT_NE(reply.error().message.find("columns.x.min"), std::string::npos);
  EXPECT_EQ(reply.error().message.find("200"), std::string::npos);

  EXPECT_EQ(refused_rule(clinic_, encrypted(clinic_, 1501, 6)), "upload.row_limit");
  EXPECT_EQ(refused_rule(clinic_, encrypted(clinic_, 40, 7)), "upload.small_unit");
  const EncryptedTable greedy = deployment_.encrypt(
      clinic_, {"t", schema_of(kSchema), rows_of(500, 8), 1000});  // a third of the slots is more
  EXPECT_EQ(refused_rule(clinic_, greedy), "upload.cap");
  EXPECT_EQ(refused_rule(clinic_, deployment_.encrypt(
                                      clinic_, {"T", schema_of(kSchema), rows_of(500, 8), {}})),
            "upload.dataset_name");
  // Sealed under another contributor's enrolment.
  Client hospital = deployment_.join("hospital", EnrolmentRole::kContributor);
  EncryptedTable copied = encrypted(clinic_, 500, 9);
  ASSERT_EQ(
      crypto_sign_ed25519_sk_to_pk(copied.body.contributor_key.data(), hospital.signing_key.data()),
      0);
  EXPECT_EQ(refused_rule(hospital, copied), "open");
  const auto table = encrypted(clinic_, 500, 10);
  const auto stolen = hospital.call("PUT", "/v1/uploads/" + table.body.upload.hex(),
                                    deployment_.package(clinic_, table));
  EXPECT_EQ(stolen.error().rule, "upload.signing_key");
  EXPECT_EQ(stolen.error().code, ErrorCode::kIntegrity);
  const auto elsewhere = clinic_.call("PUT", "/v1/uploads/" + std::string(32, '0'),
                                      deployment_.package(clinic_, table));
  EXPECT_EQ(elsewhere.error().rule, "upload.other_id");
  EXPECT_EQ(deployment_.parts().uploads.live("t")->size(), 1U);
}

TEST_F(ServeTest, HintsArriveInOrderAndAreVerified) {
  const EncryptedTable table = encrypted(clinic_, 500, 1);
  const std::string base = "/v1/uploads/" + table.body.upload.hex();
  const std::string unit = base + "/hints/" + table.body.units[0].id.hex();
  const std::size_t piece = columns::format::wide_set().packed_bytes();
  ASSERT_TRUE(clinic_.call("PUT", base, deployment_.package(clinic_, table)).ok());
  deployment_.cloud().hold(table.body.upload, table.chunks);
  EXPECT_EQ(clinic_.call("POST", base + "/publish").error().rule, "upload.incomplete");
  const base::ByteView hints = table.hints[0];
  EXPECT_EQ(clinic_.call("PUT", unit + "/1", hints.subspan(piece, piece)).error().rule,
            "upload.hint_gap");
  EXPECT_EQ(clinic_.call("PUT", unit + "/0", hints.first(piece - 1)).error().rule,
            "upload.hint_size");
  base::Bytes wrong(hints.begin(), hints.end());
  wrong[5 * piece] ^= 1U;
  EXPECT_EQ(clinic_.call("PUT", unit + "/0", wrong).error().rule, "upload.hints");
  // The whole unit was forgotten; a restart in the middle loses nothing.
  ASSERT_TRUE(clinic_.call("PUT", unit + "/0", hints.first(2 * piece)).ok());
  const auto receipt = api::UploadReceipt::from_json(
      *clinic_.call("PUT", base, deployment_.package(clinic_, table)));
  ASSERT_TRUE(receipt.ok());
  ASSERT_EQ(receipt->missing_hint_pieces.size(), 2U);
  EXPECT_EQ(receipt->missing_hint_pieces[0].first, 2U);
  EXPECT_EQ(receipt->missing_hint_pieces[0].count + 2, hints.size() / piece);
  ASSERT_TRUE(deployment_.send_hints(clinic_, table).ok());
  const auto published = deployment_.upload(clinic_, table);  // everything once more
  ASSERT_TRUE(published.ok()) << base::describe(published.error());
  EXPECT_EQ(published->version, 1U);
  const auto answer = reader_.ask(kTotals);
  ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
  EXPECT_EQ(answer->rows.at(0), clear({rows_of(500, 1)}));
}

TEST_F(ServeTest, RevokedPeersAreRefusedOnEveryRoute) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  ASSERT_TRUE(reader_.ask(kTotals).ok());
  const auto now = std::chrono::system_clock::now();
  ASSERT_TRUE(auth::revoke(deployment_.home().authority(), "reader", now).ok());
  ASSERT_TRUE(auth::revoke(deployment_.home().authority(), "clinic", now).ok());
  EXPECT_EQ(reader_.ask(kTotals).error().rule, "peer.revoked");
  for (const char* path : {"/v1/datasets", "/v1/datasets/t", "/v1/status"}) {
    EXPECT_EQ(reader_.call("GET", path).error().rule, "peer.revoked") << path;
  }
  const std::string upload = "/v1/uploads/" + std::string(32, '0');
  EXPECT_EQ(clinic_.call("PUT", upload).error().rule, "peer.revoked");
  EXPECT_EQ(clinic_.call("PUT", upload + "/hints/" + std::string(32, '0') + "/0").error().rule,
            "peer.revoked");
  EXPECT_EQ(clinic_.call("POST", upload + "/publish").error().rule, "peer.revoked");
  EXPECT_EQ(clinic_.call("DELETE", "/v1/datasets/t/versions/1").error().rule, "peer.revoked");
}

TEST_F(ServeTest, RolesKeepToTheirRoutes) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  EXPECT_EQ(clinic_.ask(kTotals).error().code, ErrorCode::kRefused);
  EXPECT_EQ(reader_.call("DELETE", "/v1/datasets/t/versions/1").error().code, ErrorCode::kRefused);
  EXPECT_TRUE(clinic_.call("GET", "/v1/datasets").ok());
}

TEST_F(ServeTest, DescribesWhatCanBeAsked) {
  ASSERT_TRUE(deployment_.upload(clinic_, encrypted(clinic_, 500, 1)).ok());
  const auto description =
      api::DatasetDescription::from_json(*reader_.call("GET", "/v1/datasets/t"));
  ASSERT_TRUE(description.ok()) << base::describe(description.error());
  EXPECT_EQ(description->version, 1U);
  EXPECT_EQ(description->versions.at(0).units, 2U);
  EXPECT_EQ(description->partition, std::vector<std::string>{"site"});
  ASSERT_EQ(description->columns.size(), 3U);
  EXPECT_EQ(description->columns[1].groups, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(description->columns[2].min, "-100.0");
  EXPECT_EQ(reader_.call("GET", "/v1/datasets/nothing").error().rule, "dataset.not_found");
  EXPECT_EQ(reader_.ask("SELECT COUNT(*) FROM nothing").error().code, ErrorCode::kBadInput);
  const auto status = api::GatekeeperStatus::from_json(*reader_.call("GET", "/v1/status"));
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->cloud, "reachable");
  EXPECT_EQ(status->uploads, 1U);
}

TEST_F(ServeTest, DropsAlsoWhileTheCloudIsAway) {
  const auto table = encrypted(clinic_, 500, 1);
  ASSERT_TRUE(deployment_.upload(clinic_, table).ok());
  deployment_.cloud().stop();
  ASSERT_TRUE(clinic_.call("DELETE", "/v1/datasets/t/versions/1").ok());
  EXPECT_EQ(reader_.ask(kTotals).error().rule, "dataset.not_found");
  EXPECT_EQ(deployment_.parts().uploads.pending_deletions()->size(), 1U);
  EXPECT_EQ(retry_deletions(deployment_.parts()).error().code, ErrorCode::kUnreachable);
  deployment_.restart();
  deployment_.cloud().start();
  ASSERT_TRUE(retry_deletions(deployment_.parts()).ok());
  EXPECT_FALSE(deployment_.cloud().holds(table.body.upload));
  EXPECT_TRUE(deployment_.parts().uploads.pending_deletions()->empty());
}

}  // namespace
}  // namespace cryptonet::gatekeeper::serve
