// SPDX-License-Identifier: Apache-2.0
// The ceremonies over the vectors, with a source of randomness that draws their challenges.
#include "gatekeeper/auth/passkey.h"

#include <unistd.h>

#include <deque>

#include "gatekeeper/auth/passkey_vectors_testing.h"
#include "gatekeeper/state/people.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::ErrorCode;

TEST(PasskeySite, TakesOriginsAsBrowsersWriteThem) {
  for (const char* good : {"https://gatekeeper.example.org", "https://localhost:4443",
                           "https://xn--bcher-kva.example:65535", "https://a1.b-2.c"}) {
    const auto site = passkey_site(good);
    ASSERT_TRUE(site.ok()) << good;
    EXPECT_EQ(site->origin, good);
  }
  EXPECT_EQ(passkey_site("https://localhost:4443")->rp_id, "localhost");
  for (const char* bad : {"", "localhost", "http://localhost", "https://", "https://localhost/",
                          "https://Localhost", "https://127.0.0.1:4443", "https://[::1]:4443",
                          "https://localhost:443", "https://localhost:0443", "https://localhost:0",
                          "https://localhost:65536", "https://localhost:", "https://a..b",
                          "https://-a.b", "https://user@localhost", "https://localhost:4443 ",
                          "https://b\xc3\xbc"
                          "cher.example",
                          "https://host.123"}) {
    const auto site = passkey_site(bad);
    ASSERT_FALSE(site.ok()) << bad;
    EXPECT_EQ(site.error().code, ErrorCode::kUsage);
  }
}

/// Draws what it was told to, then counts up.
class Scripted final : public base::Randomness {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (!next.empty() && next.front().size() == out.size() && !skip) {
      std::copy(next.front().begin(), next.front().end(), out.begin());
      next.pop_front();
      return;
    }
    skip = false;
    std::fill(out.begin(), out.end(), ++counter_);
  }
  std::deque<Bytes> next;
  bool skip = false;  ///< the next draw is not a challenge

 private:
  std::uint8_t counter_ = 0;
};

class PasskeysTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "cn_passkey_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto database = state::Database::create(folder_ / "state.db");
    ASSERT_TRUE(database.ok());
    database_ = std::move(database).value();
    state::People people(*database_);
    for (const char* person : {"ada", "bob", "eve"}) {
      ASSERT_TRUE(people.add(person, state::Role::kResearcher, {"hash", {1}, 0, {}}, 1).ok());
    }
    rows_.emplace(*database_);
    passkeys_.emplace(*rows_, randomness_, example(), [this] { return now_; });
  }
  void TearDown() override {
    rows_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  base::Result<state::Passkey> register_vector(const std::string& name,
                                               const std::string& person = "ada") {
    const Json& one = vector_named(name);
    randomness_.skip = rows_->of_person(person)->empty();
    randomness_.next = {bytes_of(one, "challenge")};
    const auto begun = passkeys_->begin_registration(person, "session of " + person);
    EXPECT_TRUE(begun.ok());
    EXPECT_EQ(begun->challenge, bytes_of(one, "challenge"));
    return passkeys_->finish_registration(person, "session of " + person, "my key",
                                          registration_of(one), 7);
  }
  /// The attempt.
  std::string begin(const Json& one, const std::string& person = "ada") {
    randomness_.next = {bytes_of(one, "challenge")};
    const auto begun = passkeys_->begin_sign_in(person);
    EXPECT_TRUE(begun.ok()) << describe(begun.error());
    EXPECT_EQ(begun->challenge, bytes_of(one, "challenge"));
    return begun->attempt;
  }
  base::Result<state::Passkey> finish(const std::string& attempt, const Json& one) {
    return passkeys_->finish_sign_in(attempt, sign_in_of(one, id_), 9);
  }

  std::filesystem::path folder_;
  std::unique_ptr<state::Database> database_;
  std::optional<state::Passkeys> rows_;
  Scripted randomness_;
  std::chrono::steady_clock::time_point now_{};
  std::optional<Passkeys> passkeys_;
  const Bytes id_ = registered(vector_named("none ES256"))->id;
};

TEST_F(PasskeysTest, SignInWithEveryAlgorithm) {
  for (const char* kind : {"ES256", "EdDSA", "RS256"}) {
    const auto made = register_vector(std::string("none ") + kind);
    ASSERT_TRUE(made.ok()) << describe(made.error());
    const Json& shown = vector_named(std::string("sign-in ") + kind);
    const auto used = passkeys_->finish_sign_in(begin(shown), sign_in_of(shown, made->id), 9);
    ASSERT_TRUE(used.ok()) << describe(used.error());
    EXPECT_EQ(used->name, "my key");
    EXPECT_EQ(rows_->find(made->id).value()->last_used_at, 9);
  }
  const auto all = rows_->of_person("ada").value();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].user_handle, all[2].user_handle);
}

TEST_F(PasskeysTest, AChallengeHoldsForOneAnswer) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  const Json& shown = vector_named("sign-in ES256");
  EXPECT_EQ(rule_of(finish("", shown)), "passkey.challenge");  // none was given
  std::string attempt = begin(shown);
  EXPECT_TRUE(finish(attempt, shown).ok());
  EXPECT_EQ(rule_of(finish(attempt, shown)), "passkey.challenge");  // replayed
  attempt = begin(vector_named("count 5, number 0"));
  EXPECT_EQ(rule_of(finish(attempt, shown)), "passkey.challenge");  // replayed to another
  attempt = begin(shown);
  EXPECT_EQ(rule_of(finish(attempt, vector_named("sign-in, another page"))), "passkey.origin");
  EXPECT_EQ(rule_of(finish(attempt, shown)), "passkey.challenge");  // a wrong answer uses it up
  EXPECT_EQ(passkeys_->challenges(), 0U);
}

TEST_F(PasskeysTest, AChallengeHoldsForFiveMinutes) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  const Json& shown = vector_named("sign-in ES256");
  std::string attempt = begin(shown);
  now_ += kPasskeyChallengeLife - std::chrono::seconds(1);
  EXPECT_TRUE(finish(attempt, shown).ok());
  attempt = begin(shown);
  now_ += kPasskeyChallengeLife;
  EXPECT_EQ(rule_of(finish(attempt, shown)), "passkey.challenge");
}

TEST_F(PasskeysTest, AChallengeIsOfOneAttemptAndOnePurpose) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  const Json& shown = vector_named("sign-in ES256");
  const SignInAnswer answer = sign_in_of(shown, id_);
  const std::string attempt = begin(shown);
  EXPECT_EQ(attempt.size(), 32U);
  EXPECT_EQ(rule_of(passkeys_->finish_step_up("ada", attempt, answer, 9)), "passkey.challenge");
  // A session that shows its second factor again does not sign in without the password.
  randomness_.next = {bytes_of(shown, "challenge")};
  ASSERT_TRUE(passkeys_->begin_step_up("ada", "s").ok());
  EXPECT_EQ(rule_of(finish("s", shown)), "passkey.challenge");
  EXPECT_EQ(rule_of(passkeys_->finish_step_up("ada", "t", answer, 9)), "passkey.challenge");
  EXPECT_TRUE(passkeys_->finish_step_up("ada", "s", answer, 9).ok());
  ASSERT_TRUE(passkeys_->begin_step_up("ada", "s").ok());
  EXPECT_EQ(rule_of(passkeys_->finish_step_up("eve", "s", answer, 9)), "passkey.challenge");
  // Nor does a challenge of registering.
  randomness_.next = {bytes_of(shown, "challenge")};
  ASSERT_TRUE(passkeys_->begin_registration("ada", "s").ok());
  EXPECT_EQ(rule_of(passkeys_->finish_step_up("ada", "s", answer, 9)), "passkey.challenge");
  EXPECT_EQ(rule_of(finish("s", shown)), "passkey.challenge");
}

TEST_F(PasskeysTest, AnothersPasskeyIsNotTaken) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  ASSERT_TRUE(register_vector("none EdDSA", "eve").ok());
  const Json& shown = vector_named("sign-in ES256");
  EXPECT_EQ(rule_of(finish(begin(shown, "eve"), shown)), "passkey.unknown");
  EXPECT_EQ(rule_of(register_vector("none ES256", "eve")), "passkey.known");
  SignInAnswer answer = sign_in_of(shown, id_);
  answer.user_handle = rows_->of_person("eve").value()[0].user_handle;
  EXPECT_EQ(rule_of(passkeys_->finish_sign_in(begin(shown), answer, 9)), "passkey.unknown");
  answer.user_handle = rows_->of_person("ada").value()[0].user_handle;
  EXPECT_TRUE(passkeys_->finish_sign_in(begin(shown), answer, 9).ok());
  EXPECT_EQ(rule_of(passkeys_->begin_sign_in("bob")), "passkey.none");
}

TEST_F(PasskeysTest, ACountThatGoesBackLocks) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  const Json& five = vector_named("count 5, number 0");
  const Json& six = vector_named("count 6, number 1");
  const Json& six_again = vector_named("count 6, number 2");
  const Json& seven = vector_named("count 7, number 4");
  EXPECT_TRUE(finish(begin(five), five).ok());
  EXPECT_EQ(finish(begin(six), six)->count, 6U);
  const std::string before_the_lock = begin(seven);
  EXPECT_EQ(rule_of(finish(begin(six_again), six_again)), "passkey.counter");
  EXPECT_EQ(rows_->find(id_).value()->locked_at, 9);
  EXPECT_EQ(rows_->find(id_).value()->count, 6U);
  EXPECT_EQ(rule_of(finish(before_the_lock, seven)), "passkey.locked");
  EXPECT_EQ(rule_of(passkeys_->begin_sign_in("ada")), "passkey.none");
  EXPECT_TRUE(rows_->remove(id_, "ada").value());
  EXPECT_FALSE(rows_->remove(id_, "ada").value());
}

TEST_F(PasskeysTest, ACountThatGoesBackToZeroLocks) {
  ASSERT_TRUE(register_vector("with a count").ok());
  const Json& shown = vector_named("sign-in ES256");
  EXPECT_EQ(rule_of(finish(begin(shown), shown)), "passkey.counter");
}

TEST_F(PasskeysTest, OpenChallengesAreFew) {
  ASSERT_TRUE(register_vector("none ES256").ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(passkeys_->begin_sign_in("ada").ok());
  }
  EXPECT_EQ(passkeys_->challenges(), kMostPasskeyChallengesOfPerson);
  for (std::size_t i = 0; i < 2 * kMostPasskeyChallenges; ++i) {
    ASSERT_TRUE(
        passkeys_->begin_registration("p" + std::to_string(i), "s" + std::to_string(i)).ok());
  }
  EXPECT_EQ(passkeys_->challenges(), kMostPasskeyChallenges);
}

TEST_F(PasskeysTest, NamesAndNumbersHaveLimits) {
  const Json& one = vector_named("none ES256");
  for (const std::string& name : {std::string(), std::string(65, 'x'), std::string("a\nb")}) {
    randomness_.next = {};
    ASSERT_TRUE(passkeys_->begin_registration("ada", "s").ok());
    const auto made = passkeys_->finish_registration("ada", "s", name, registration_of(one), 1);
    EXPECT_EQ(rule_of(made), "passkey.name");
  }
  for (std::size_t i = 0; i < kMostPasskeysOfPerson; ++i) {
    state::Passkey passkey;
    passkey.id = Bytes(16, static_cast<std::uint8_t>(i));
    passkey.person = "ada";
    passkey.name = "n";
    passkey.user_handle = Bytes(32, 1);
    ASSERT_TRUE(rows_->add(passkey, kMostPasskeysOfPerson).ok());
  }
  EXPECT_EQ(rule_of(register_vector("none ES256")), "passkey.too_many");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
