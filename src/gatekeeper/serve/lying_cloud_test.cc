// SPDX-License-Identifier: Apache-2.0
// A cloud that answers wrongly in every way that it can: each is refused with the one error, the
// upload is frozen on disk, the custodian can lift that, and nothing that merely breaks off on the
// way ever freezes.
#include <gtest/gtest.h>

#include <thread>

#include "gatekeeper/serve/deployment_testing.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::ErrorCode;
using columns::format::TotalsRequest;
using columns::format::wide_set;
using state::EnrolmentRole;

constexpr const char* kSchema = R"(
row_limit = 100_000
[columns.g]
role = "dimension"
categories = ["a", "b", "c"]
[columns.x]
role = "measure"
min = -100
max = 100
)";
constexpr const char* kQuestion = "SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g";

std::vector<plan::ClearRow> rows_of(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<plan::ClearRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<std::int64_t>(engine() % 201) - 100;
    rows.push_back({{std::nullopt, x}, {static_cast<std::uint32_t>(engine() % 3), 0}, true});
  }
  return rows;
}

class LyingCloudTest : public testing::Test {
 protected:
  void SetUp() override {
    contributor_.emplace(deployment_.join("clinic", EnrolmentRole::kContributor));
    researcher_.emplace(deployment_.join("reader", EnrolmentRole::kResearcher));
    auto schema = table::parse_schema(kSchema, "schema");
    ASSERT_TRUE(schema.ok()) << base::describe(schema.error());
    table_.schema = std::move(schema).value();
    table_.rows = rows_of(600, 1);
    upload_ = deployment_.encrypt(*contributor_, table_);
    const auto receipt = deployment_.upload(*contributor_, upload_);
    ASSERT_TRUE(receipt.ok()) << base::describe(receipt.error());
    ASSERT_EQ(receipt->version, 1U);
  }
  /// The clear answer to kQuestion.
  std::vector<std::vector<api::Cell>> expected() const {
    std::vector<std::vector<api::Cell>> rows;
    for (std::uint32_t group = 0; group < 3; ++group) {
      std::int64_t count = 0;
      std::int64_t sum = 0;
      for (const auto& row : table_.rows) {
        if (row.codes[0] != group) continue;
        ++count;
        sum += *row.values[1];
      }
      rows.push_back({std::string(1, static_cast<char>('a' + group)), std::to_string(count),
                      std::to_string(sum)});
    }
    return rows;
  }
  /// Where a piece of the hint file of unit 0 begins.
  std::size_t start_of_piece(std::size_t piece) {
    const auto hint = deployment_.folder() / "uploads" / upload_.body.upload.hex() / "hints" /
                      upload_.body.units[0].id.hex();
    const std::size_t pieces = 2 + upload_.body.columns.size();
    const std::size_t header = columns::format::kHintHeaderBytes;
    return header + piece * ((std::filesystem::file_size(hint) - header) / pieces);
  }
  bool frozen() { return deployment_.parts().uploads.live("t")->front().frozen; }
  void expect_right_answer() {
    deployment_.cloud().tell(LyingCloud::honest);
    const auto answer = researcher_->ask(kQuestion, false);
    ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
    EXPECT_EQ(answer->rows, expected());
  }

  Deployment deployment_;
  std::optional<Client> contributor_;
  std::optional<Client> researcher_;
  TableToEncrypt table_;
  EncryptedTable upload_;
};

struct NamedLie {
  const char* name;
  LyingCloud::Lie lie;
};

std::uint64_t prime(std::size_t j) { return wide_set().bgv.ciphertext_moduli()[j]; }

/// Adds `amount` to number i modulo every prime.
void add(Numbers& numbers, std::size_t i, std::uint64_t amount) {
  for (std::size_t j = 0; j < wide_set().primes(); ++j) {
    numbers[i][j] = (numbers[i][j] + amount) % prime(j);
  }
}

LyingCloud::Lie altering(std::function<void(Numbers&)> alter) {
  return [alter = std::move(alter)](const TotalsRequest& request,
                                    Numbers numbers) -> base::Result<base::Bytes> {
    alter(numbers);
    return LyingCloud::honest(request, std::move(numbers));
  };
}

LyingCloud::Lie rewriting(std::function<void(base::Bytes&)> rewrite) {
  return [rewrite = std::move(rewrite)](const TotalsRequest& request,
                                        Numbers numbers) -> base::Result<base::Bytes> {
    CN_ASSIGN(auto bytes, LyingCloud::honest(request, std::move(numbers)));
    rewrite(bytes);
    return bytes;
  };
}

std::vector<NamedLie> lies() {
  const auto degree = std::uint64_t{wide_set().ring_degree()};
  return {
      {"one added to the first total", altering([](Numbers& n) { add(n, 0, 1); })},
      {"one row added to the first total", altering([degree](Numbers& n) { add(n, 0, degree); })},
      {"one row added to the last total",
       altering([degree](Numbers& n) { add(n, n.size() - 1, degree); })},
      {"one row added to every number", altering([degree](Numbers& n) {
         for (std::size_t i = 0; i < n.size(); ++i) add(n, i, degree);
       })},
      {"zeros", altering([](Numbers& n) {
         for (auto& number : n) number = {};
       })},
      {"two totals swapped", altering([](Numbers& n) { std::swap(n[0], n[1]); })},
      {"all totals the first", altering([](Numbers& n) {
         for (auto& number : n) number = n[0];
       })},
      {"one prime altered", altering([](Numbers& n) { n[0][1] = (n[0][1] + 1) % prime(1); })},
      {"a total doubled", altering([](Numbers& n) {
         for (std::size_t j = 0; j < 3; ++j) n[0][j] = n[0][j] * 2 % prime(j);
       })},
      {"a byte too few", rewriting([](base::Bytes& b) { b.pop_back(); })},
      {"a byte too many", rewriting([](base::Bytes& b) { b.push_back(0); })},
      {"nothing", rewriting([](base::Bytes& b) { b.clear(); })},
      {"a number that is not canonical",
       rewriting([](base::Bytes& b) { std::fill(b.end() - 8, b.end(), std::uint8_t{0xFF}); })},
      {"a flipped bit in the head", rewriting([](base::Bytes& b) { b[0] ^= 1U; })},
  };
}

TEST_F(LyingCloudTest, EveryLieIsRefusedAlikeAndFreezes) {
  std::string only_message;
  for (const NamedLie& lie : lies()) {
    SCOPED_TRACE(lie.name);
    deployment_.cloud().tell(lie.lie);
    const auto refused = researcher_->ask(kQuestion, false);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
    EXPECT_EQ(refused.error().rule, "open");
    if (only_message.empty()) only_message = base::describe(refused.error());
    EXPECT_EQ(base::describe(refused.error()), only_message);
    EXPECT_TRUE(frozen());
    // Nothing is asked of the cloud any more, whatever the question.
    deployment_.cloud().tell(LyingCloud::honest);
    const std::size_t asked = deployment_.cloud().totals_asked();
    const auto frozen_answer = researcher_->ask("SELECT COUNT(*) FROM t");
    ASSERT_FALSE(frozen_answer.ok());
    EXPECT_EQ(frozen_answer.error().code, ErrorCode::kIntegrity);
    EXPECT_EQ(frozen_answer.error().rule, "dataset.frozen");
    EXPECT_EQ(deployment_.cloud().totals_asked(), asked);
    ASSERT_TRUE(*deployment_.parts().uploads.unfreeze("t", 1));
    expect_right_answer();
  }
}

TEST_F(LyingCloudTest, AfterAnUnfreezeTheCloudIsAskedToProveAnewUntilAnAnswerIsAccepted) {
  std::atomic<int> usual = 0;
  std::atomic<int> anew = 0;
  const auto counting = [&](LyingCloud::Lie then) {
    return [&, then = std::move(then)](const TotalsRequest& request, Numbers numbers) {
      ++(request.prove_anew ? anew : usual);
      return then(request, std::move(numbers));
    };
  };
  const auto asked = [&] { return std::pair(usual.exchange(0), anew.exchange(0)); };
  const std::pair only_usual{1, 0};
  const std::pair only_anew{0, 1};
  deployment_.cloud().tell(counting(LyingCloud::honest));
  ASSERT_TRUE(researcher_->ask(kQuestion, false).ok());
  EXPECT_EQ(asked(), only_usual);
  deployment_.cloud().tell(counting(lies()[1].lie));
  EXPECT_EQ(researcher_->ask(kQuestion, false).error().rule, "open");
  EXPECT_EQ(asked(), only_usual);
  ASSERT_TRUE(*deployment_.parts().uploads.unfreeze("t", 1));
  // It is as wrong as before, then it says so itself: neither is an answer.
  EXPECT_EQ(researcher_->ask(kQuestion, false).error().rule, "open");
  EXPECT_EQ(asked(), only_anew);
  ASSERT_TRUE(*deployment_.parts().uploads.unfreeze("t", 1));
  deployment_.cloud().tell(counting([](const TotalsRequest&, Numbers) {
    return base::Result<base::Bytes>(
        base::Error(ErrorCode::kIntegrity, "store.segment_damaged", "segment s is damaged"));
  }));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(researcher_->ask(kQuestion, false).error().rule, "store.segment_damaged");
    EXPECT_EQ(asked(), only_anew);
    EXPECT_FALSE(frozen());
  }
  deployment_.restart();
  Client reader = deployment_.join("reader", EnrolmentRole::kResearcher);
  deployment_.cloud().tell(counting(LyingCloud::honest));
  for (const auto& wanted : {only_anew, only_usual}) {
    const auto answer = reader.ask(kQuestion, false);
    ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
    EXPECT_EQ(answer->rows, expected());
    EXPECT_EQ(asked(), wanted);
  }
}

TEST_F(LyingCloudTest, AReplyFromBeforeAnUnfreezeIsNotOpened) {
  deployment_.cloud().tell([&](const TotalsRequest& request, Numbers numbers) {
    EXPECT_FALSE(*deployment_.parts().uploads.unfreeze("t", 1));
    add(numbers, 0, 1);
    return LyingCloud::honest(request, std::move(numbers));
  });
  const auto refused = researcher_->ask(kQuestion, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "version.unfrozen");
  EXPECT_FALSE(frozen());
  expect_right_answer();
}

TEST_F(LyingCloudTest, FreezeOutlivesARestartAndKeptAnswersDoNotLeave) {
  const auto first = researcher_->ask(kQuestion);
  ASSERT_TRUE(first.ok()) << base::describe(first.error());
  EXPECT_EQ(first->rows, expected());
  deployment_.cloud().tell(lies()[1].lie);
  EXPECT_EQ(researcher_->ask("SELECT SUM(x) FROM t").error().rule, "open");
  deployment_.cloud().tell(LyingCloud::honest);
  deployment_.restart();
  Client reader = deployment_.join("reader", EnrolmentRole::kResearcher);
  EXPECT_EQ(reader.ask(kQuestion).error().rule, "dataset.frozen");
  const auto list = api::DatasetList::from_json(*reader.call("GET", "/v1/datasets"));
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->datasets.at(0).frozen);
  ASSERT_TRUE(*deployment_.parts().uploads.unfreeze("t", 1));
  const auto again = reader.ask(kQuestion);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->cached);
  EXPECT_EQ(again->rows, expected());
}

TEST_F(LyingCloudTest, WhatBreaksOffOnTheWayNeverFreezes) {
  deployment_.cloud().stop();
  const auto away = researcher_->ask(kQuestion);
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, ErrorCode::kUnreachable);
  EXPECT_FALSE(frozen());
  deployment_.cloud().start();
  const auto failing = [](ErrorCode code) {
    return [code](const TotalsRequest&, Numbers) -> base::Result<base::Bytes> {
      return base::Error(code, "cloud.test", "told to fail");
    };
  };
  const std::vector<std::pair<ErrorCode, ErrorCode>> passed_on = {
      {ErrorCode::kInternal, ErrorCode::kUnreachable},
      {ErrorCode::kLocalIo, ErrorCode::kUnreachable},
      {ErrorCode::kBadInput, ErrorCode::kUnreachable},
      {ErrorCode::kUnreachable, ErrorCode::kUnreachable},
      {ErrorCode::kRefused, ErrorCode::kRefused},  // the cap of totals
      {ErrorCode::kIntegrity, ErrorCode::kIntegrity}};
  for (const auto& [told, seen] : passed_on) {
    deployment_.cloud().tell(failing(told));
    const auto refused = researcher_->ask(kQuestion);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, seen) << base::describe(refused.error());
    EXPECT_NE(refused.error().rule, "open");
    EXPECT_FALSE(frozen());
  }
  expect_right_answer();
}

TEST_F(LyingCloudTest, AReachedCapTellsNoFigures) {
  deployment_.cloud().tell([](const TotalsRequest&, Numbers) -> base::Result<base::Bytes> {
    return base::Error(ErrorCode::kRefused, "ledger.cap_of_totals",
                       "of which 0 of at most 3 were answered already", "ask for 3");
  });
  const auto refused = researcher_->ask(kQuestion);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "ledger.cap_of_totals");
  const std::string text = refused.error().message + refused.error().hint;
  EXPECT_EQ(text.find_first_of("0123456789"), std::string::npos) << text;
}

TEST_F(LyingCloudTest, MultiplesOfThePlaintextModulusAreHarmless) {
  deployment_.cloud().tell(altering([](Numbers& n) {
    const std::uint64_t t = wide_set().bgv.plaintext_modulus();
    for (std::size_t j = 0; j < 3; ++j) {
      __extension__ using Wide = unsigned __int128;
      const auto multiple =
          static_cast<std::uint64_t>(Wide{t} * wide_set().ring_degree() % prime(j));
      n[0][j] = (n[0][j] + multiple) % prime(j);
    }
  }));
  const auto answer = researcher_->ask(kQuestion);
  ASSERT_TRUE(answer.ok()) << base::describe(answer.error());
  EXPECT_EQ(answer->rows, expected());
  EXPECT_FALSE(frozen());
}

TEST_F(LyingCloudTest, ManyQuestionsAtOnceTakeOneStrike) {
  deployment_.cloud().tell(lies()[1].lie);
  std::atomic<int> openings{0};
  std::atomic<int> others{0};
  std::vector<std::thread> threads;
  std::vector<Client> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(deployment_.join("reader", EnrolmentRole::kResearcher));
  }
  for (Client& reader : readers) {
    threads.emplace_back([&] {
      const auto refused = reader.ask(kQuestion);
      if (!refused.ok() && refused.error().rule == "open") {
        ++openings;
      } else if (!refused.ok() && refused.error().rule == "dataset.frozen") {
        ++others;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(openings, 1);
  EXPECT_EQ(others, 3);
  EXPECT_TRUE(frozen());
}

TEST_F(LyingCloudTest, AlteredFilesOfTheGatekeeperFreezeToo) {
  const auto folder = deployment_.folder() / "uploads" / upload_.body.upload.hex();
  const auto flip = [](const std::filesystem::path& file, std::size_t at) {
    auto bytes = *base::read_file(file, 1 << 28);
    bytes.at(at) ^= 1U;
    ASSERT_TRUE(base::write_atomically(base::real_file_system(), file, bytes, 0600).ok());
  };
  const auto hint = folder / "hints" / upload_.body.units[0].id.hex();
  // A2 is the second piece; every product uses it.
  const std::size_t squares = start_of_piece(1);
  for (const auto& [file, at] :
       {std::pair{hint, squares}, std::pair{folder / "manifest", std::size_t{100}},
        std::pair{folder / "key.sealed", std::size_t{60}}}) {
    SCOPED_TRACE(file.filename());
    flip(file, at);
    const auto refused = researcher_->ask(kQuestion);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().rule, "open") << base::describe(refused.error());
    EXPECT_TRUE(frozen());
    flip(file, at);
    ASSERT_TRUE(*deployment_.parts().uploads.unfreeze("t", 1));
  }
  flip(folder / "manifest", 100);
  deployment_.restart();  // now the manifest is parsed anew
  Client reader = deployment_.join("reader", EnrolmentRole::kResearcher);
  EXPECT_EQ(reader.ask(kQuestion).error().rule, "open");
  EXPECT_TRUE(frozen());
}

/// Tags only spare the gatekeeper a hash: without one, or with a wrong one, it answers as well, and
/// makes it anew; with a right one, altered hints are refused like everything else.
TEST_F(LyingCloudTest, TagsOfHintsAreMadeAndMadeAnew) {
  const auto folder = deployment_.folder() / "uploads" / upload_.body.upload.hex() / "hints";
  const auto tags = folder / (upload_.body.units[0].id.hex() + ".tags");
  const auto whole = *base::read_file(tags, 1 << 20);
  EXPECT_EQ(whole.size(), 16U * (2 + upload_.body.columns.size()));
  base::Bytes altered = whole;
  altered[16] ^= 1U;  // that of A2
  const base::Bytes none;
  const base::Bytes cut(whole.begin(), whole.begin() + 20);
  for (const base::Bytes& other : {altered, none, cut}) {
    ASSERT_TRUE(base::write_atomically(base::real_file_system(), tags, other, 0600).ok());
    expect_right_answer();
    EXPECT_EQ(*base::read_file(tags, 1 << 20), whole);
  }
  ASSERT_TRUE(std::filesystem::remove(tags));
  expect_right_answer();
  EXPECT_EQ(*base::read_file(tags, 1 << 20), whole);
  // both altered: the hash is what counts
  const auto hint = folder / upload_.body.units[0].id.hex();
  auto bytes = *base::read_file(hint, 1 << 28);
  bytes.at(start_of_piece(1)) ^= 1U;
  ASSERT_TRUE(base::write_atomically(base::real_file_system(), hint, bytes, 0600).ok());
  ASSERT_TRUE(base::write_atomically(base::real_file_system(), tags, altered, 0600).ok());
  const auto refused = researcher_->ask(kQuestion, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "open");
  EXPECT_TRUE(frozen());
}

}  // namespace
}  // namespace cryptonet::gatekeeper::serve
