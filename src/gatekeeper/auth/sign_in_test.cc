// SPDX-License-Identifier: Apache-2.0
// From password and second factor to a session, and every way in which that must fail.
#include "base/file_system.h"
#include "gatekeeper/auth/gate_testing.h"

namespace cryptonet::gatekeeper::auth {
namespace {

class SignInTest : public GateTest {
 protected:
  /// Both factors right, at a time when the code is fresh.
  base::Result<Started> sign_in_rightly(const TestPerson& person) {
    return sign_in(person.name, person.password, person.code_at(time_.wall_s));
  }
  void expect_refused(const base::Result<Started>& session) {
    ASSERT_FALSE(session.ok());
    expect_not_signed_in(session.error());
  }
  /// Counted and judged wrong.
  void fail(const TestPerson& person, int times) {
    for (int i = 0; i < times; ++i) expect_refused(sign_in(person.name, "wrong", "000000"));
  }
  std::int64_t keys_on_disk() const { return number("SELECT count(*) FROM access_key"); }
};

TEST_F(SignInTest, BothFactorsMakeASessionOnThisMachine) {
  const TestPerson ada = add("ada");
  const auto session = sign_in_rightly(ada);
  ASSERT_TRUE(session.ok()) << base::describe(session.error());
  EXPECT_EQ(session->user, "ada");
  EXPECT_FALSE(session->by_recovery_code);
  EXPECT_TRUE(session->token.starts_with(kSessionPrefix));
  EXPECT_EQ(session->token.size(), kSessionPrefix.size() + 64);
  EXPECT_EQ(session->expires_at, static_cast<std::uint64_t>(kBegin + kSessionS));
  EXPECT_EQ(session->idle_s, static_cast<std::uint64_t>(kSessionIdleS));
  EXPECT_TRUE(gate_->access.admit(session->token, machine_).ok());
}

TEST_F(SignInTest, EverythingWrongGetsOneAnswerAndNoSession) {
  const TestPerson ada = add("ada");
  const TestPerson off = add("off");
  add("carol", state::Role::kCustodian);
  ASSERT_TRUE(gate_->people.disable("off", gate_->clock->now_s()).ok());
  const std::string code = ada.code_at(time_.wall_s);
  expect_refused(sign_in("ada", "wrong password", code));
  expect_refused(sign_in("ada", ada.password, "000000"));
  expect_refused(sign_in("ada", ada.password, ""));
  expect_refused(sign_in("ada", "", code));
  expect_refused(sign_in("off", off.password, off.code_at(time_.wall_s)));
  expect_refused(sign_in("nobody", ada.password, code));
  expect_refused(sign_in("", "", ""));
  expect_refused(sign_in("ADA", ada.password, code));
  expect_refused(sign_in(std::string("ada\0", 4), ada.password, code));
  EXPECT_EQ(keys_on_disk(), 0);
}

TEST_F(SignInTest, ACodeIsTakenOnceEver) {
  const TestPerson ada = add("ada");
  const std::string code = ada.code_at(time_.wall_s);
  const std::string before = ada.code_at(time_.wall_s - kTotpStepS);
  ASSERT_TRUE(sign_in("ada", ada.password, code).ok());
  expect_refused(sign_in("ada", ada.password, code));
  expect_refused(sign_in("ada", ada.password, before));  // of an earlier step than the used one
  restart();
  expect_refused(sign_in("ada", ada.password, code));
  time_.pass(kTotpStepS);
  expect_refused(sign_in("ada", ada.password, code));  // still within its window
  EXPECT_TRUE(sign_in_rightly(ada).ok());
  time_.wall_s -= kTotpStepS;  // a clock set back brings no code back
  expect_refused(sign_in("ada", ada.password, code));
  EXPECT_EQ(keys_on_disk(), 2);
}

TEST_F(SignInTest, TheStepBeforeIsTakenAndNoOther) {
  const TestPerson ada = add("ada");
  expect_refused(sign_in("ada", ada.password, ada.code_at(time_.wall_s - 2 * kTotpStepS)));
  expect_refused(sign_in("ada", ada.password, ada.code_at(time_.wall_s + kTotpStepS)));
  EXPECT_TRUE(sign_in("ada", ada.password, ada.code_at(time_.wall_s - kTotpStepS)).ok());
  EXPECT_TRUE(sign_in_rightly(ada).ok());
}

TEST_F(SignInTest, WhoFindsNoPlaceHasTriedNothing) {
  const TestPerson ada = add("ada");
  std::vector<HashingPool::Place> places;
  while (true) {
    auto place = gate_->hashing.take_place();
    if (!place.ok()) break;
    places.push_back(std::move(place).value());
  }
  for (int i = 0; i < 2 * kLockAt; ++i) {
    EXPECT_EQ(sign_in("ada", "wrong", "000000").error().rule, "sign_in.busy");
    EXPECT_EQ(gate_->sign_in.check_password("ada", "wrong").error().rule, "sign_in.busy");
  }
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in"), 0);
  places.clear();
  EXPECT_TRUE(sign_in_rightly(ada).ok());
}

TEST_F(SignInTest, ACodeIsNobodyElses) {
  const TestPerson ada = add("ada");
  const TestPerson eve = add("eve");
  expect_refused(sign_in("eve", eve.password, ada.code_at(time_.wall_s)));
  EXPECT_TRUE(sign_in_rightly(ada).ok());
}

TEST_F(SignInTest, ARecoveryCodeIsGoodOnceInPlaceOfACode) {
  auto made = gate_->sign_in.make_credential("ada", "ada has a long password");
  ASSERT_TRUE(made.ok());
  auto others = gate_->sign_in.make_credential("eve", "eve has a long password");
  ASSERT_TRUE(others.ok());
  ASSERT_EQ(made->recovery_codes.size(), kRecoveryCodes);
  TestPerson ada{"ada", "ada has a long password", {}};
  made->stored.password_hash = credential_of(ada).password_hash;  // as good, and faster
  ASSERT_TRUE(gate_->people.add("ada", state::Role::kResearcher, made->stored, kBegin).ok());
  ASSERT_TRUE(gate_->people.add("eve", state::Role::kResearcher, others->stored, kBegin).ok());

  expect_refused(sign_in("ada", ada.password, others->recovery_codes[0]));
  expect_refused(sign_in("ada", made->recovery_codes[0], made->recovery_codes[0]));
  expect_refused(sign_in("ada", "wrong", made->recovery_codes[0]));  // and is not used up
  const auto session = sign_in("ada", ada.password, made->recovery_codes[0]);
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(session->by_recovery_code);
  expect_refused(sign_in("ada", ada.password, made->recovery_codes[0]));
  std::string shouted = made->recovery_codes[1];
  for (char& c : shouted) c = static_cast<char>(c >= 'a' && c <= 'z' ? c ^ 0x20 : c);
  std::erase(shouted, '-');
  EXPECT_TRUE(sign_in("ada", ada.password, shouted).ok());
  restart();
  expect_refused(sign_in("ada", ada.password, made->recovery_codes[1]));
  EXPECT_EQ(number("SELECT count(*) FROM recovery_code WHERE used_at IS NOT NULL"), 2);
}

TEST_F(SignInTest, AnAttemptIsOnDiskBeforeItIsJudged) {
  const TestPerson ada = add("ada");
  std::vector<std::int64_t> seen;
  time_.at_boot_s = nullptr;
  // The code is judged by the wall clock; by then another process must find the attempt.
  auto source = time_.source();
  source.wall_s = [&] {
    seen.push_back(number("SELECT count(*) FROM failed_sign_in"));
    return time_.wall_s.load();
  };
  gate_.reset();
  gate_ = *Gate::open(*database_, keys_, randomness_, source);
  seen.clear();
  ASSERT_TRUE(sign_in_rightly(ada).ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(*std::max_element(seen.begin(), seen.end()), 1);
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in"), 0);
}

// 1 s after the fifth failure, then 2 s, 4 s … and never more than a quarter of an hour.
TEST_F(SignInTest, DelaysGrowExactlyAndLockAtAHundred) {
  const TestPerson ada = add("ada");
  fail(ada, 5);
  std::int64_t wait_s = 1;
  for (int failed = 5; failed < kLockAt; ++failed) {
    ASSERT_EQ(failures(), failed);
    time_.pass(wait_s - 1);
    expect_refused(sign_in_rightly(ada));
    ASSERT_EQ(failures(), failed) << "an attempt that comes too early counts";
    if (failed % 10 == 0) restart();
    time_.pass(1);
    fail(ada, 1);
    wait_s = std::min<std::int64_t>(wait_s * 2, 900);
  }
  EXPECT_EQ(failures(), kLockAt);
  EXPECT_TRUE(*gate_->sign_in.is_locked("ada"));
  time_.pass(10 * 365 * 86400);
  expect_refused(sign_in_rightly(ada));
  restart();
  expect_refused(sign_in_rightly(ada));
  EXPECT_EQ(failures(), kLockAt);
  ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
  EXPECT_FALSE(*gate_->sign_in.is_locked("ada"));
  EXPECT_TRUE(sign_in_rightly(ada).ok());
}

TEST_F(SignInTest, ASuccessForgetsTheFailuresOfThatPersonAlone) {
  const TestPerson ada = add("ada");
  const TestPerson eve = add("eve");
  fail(ada, 4);
  fail(eve, 4);
  EXPECT_TRUE(sign_in_rightly(ada).ok());
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in"), 1);
  EXPECT_EQ(failures(), 4);
  fail(eve, 1);
  expect_refused(sign_in_rightly(eve));  // must wait now
  time_.pass(1);
  EXPECT_TRUE(sign_in_rightly(eve).ok());
}

TEST_F(SignInTest, AClockSetBackShortensNoDelay) {
  const TestPerson ada = add("ada");
  fail(ada, 5);
  time_.wall_s -= 86400;
  expect_refused(sign_in_rightly(ada));
  time_.pass(1);
  EXPECT_TRUE(sign_in_rightly(ada).ok());
}

// Five hashes at full cost: names that nobody has are counted, delayed and locked like others.
TEST_F(SignInTest, UnknownNamesWaitToo) {
  for (int i = 0; i < 5; ++i) expect_refused(sign_in("nobody", "wrong", "000000"));
  EXPECT_EQ(failures(), 5);
  expect_refused(sign_in("nobody", "wrong", "000000"));  // too early
  EXPECT_EQ(failures(), 5);
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in WHERE subject LIKE '%nobody%'"), 0);
  ASSERT_TRUE(gate_->credentials.forget_failures(base::Digest{}).ok());
  EXPECT_FALSE(*gate_->sign_in.is_locked("nobody"));
}

/// Failures of names that nobody has, as many as are kept.
void fill_with_unknown_names(state::Database& database) {
  ASSERT_TRUE(database
                  .write([](state::Connection& connection) -> base::Status {
                    return connection.run_script(
                        "INSERT INTO failed_sign_in (subject, failures, last_at) "
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                        "WHERE i < 100000) "
                        "SELECT CAST(printf('%032d', i) AS BLOB), 2, 2000000000 + i FROM n;");
                  })
                  .ok());
}

bool always(const state::FailedSignIns&, std::int64_t) { return true; }

// The table of failures is bounded, and a flood of names does not make it forget a lock.
TEST_F(SignInTest, AFloodOfNamesUnlocksNobody) {
  const TestPerson ada = add("ada");
  fail(ada, 1);
  ASSERT_TRUE(database_
                  ->write([](state::Connection& connection) -> base::Status {
                    return connection.run_script("UPDATE failed_sign_in SET failures = 100");
                  })
                  .ok());
  fill_with_unknown_names(*database_);
  time_.pass(86400 * 3650);
  for (std::uint8_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(*gate_->credentials.begin_attempt("nobody", base::Digest{i}, gate_->clock->now_s(),
                                                  always));
  }
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in"),
            state::Credentials::kMostUnknownSubjects + 1);
  EXPECT_TRUE(*gate_->sign_in.is_locked("ada"));
  expect_refused(sign_in_rightly(ada));
}

// One try for a person, one for a fresh name, and so on: the fresh names do not push the person's
// count out of a table that is full of names with more failures.
TEST_F(SignInTest, FreshNamesMakeNobodyForgetAPersonsFailures) {
  const TestPerson ada = add("ada");
  fill_with_unknown_names(*database_);
  for (std::uint8_t i = 1; i <= 5; ++i) {
    fail(ada, 1);
    ASSERT_TRUE(*gate_->credentials.begin_attempt("nobody", base::Digest{i}, gate_->clock->now_s(),
                                                  always));
    EXPECT_EQ(number("SELECT max(failures) FROM failed_sign_in"), std::max<int>(2, i));
  }
  expect_refused(sign_in_rightly(ada));  // must wait now
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in WHERE known = 1 AND failures = 5"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in WHERE known = 0"),
            state::Credentials::kMostUnknownSubjects);
}

// A person's first failure takes a row of the unknown names with it like anybody's.
TEST_F(SignInTest, AFullTableMakesRoomForEveryNameAlike) {
  const TestPerson ada = add("ada");
  fill_with_unknown_names(*database_);
  fail(ada, 1);
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in WHERE known = 0"),
            state::Credentials::kMostUnknownSubjects - 1);
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in WHERE last_at = 2000000001"), 0);
}

TEST_F(SignInTest, ALockEndsASignInThatWaitsForItsPasskey) {
  const TestPerson ada = add("ada");
  const base::Bytes passkey(16, 0);
  ASSERT_TRUE(database_
                  ->write([](state::Connection& connection) {
                    return connection.run_script(
                        "INSERT INTO passkey VALUES (zeroblob(16), 'ada', 'key', zeroblob(32), "
                        "-7, x'00', 0, 1, NULL, NULL)");
                  })
                  .ok());
  ASSERT_TRUE(gate_->sign_in.check_password("ada", ada.password).ok());
  EXPECT_EQ(failures(), 1);  // half a sign-in is a failed one until the other half comes
  for (int i = 0; i < kLockAt; ++i) {
    time_.pass(900);
    fail(ada, 1);
  }
  expect_refused(gate_->sign_in.sign_in_with_passkey("ada", passkey, machine_));
  ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
  ASSERT_TRUE(gate_->sign_in.check_password("ada", ada.password).ok());
  EXPECT_TRUE(gate_->sign_in.sign_in_with_passkey("ada", passkey, machine_).ok());
}

TEST_F(SignInTest, HalfASignInIsNone) {
  const TestPerson ada = add("ada");
  ASSERT_TRUE(gate_->sign_in.check_password("ada", ada.password).ok());
  const auto wrong = gate_->sign_in.check_password("ada", "wrong");
  ASSERT_FALSE(wrong.ok());
  expect_not_signed_in(wrong.error());
  EXPECT_EQ(keys_on_disk(), 0);
}

// The password was right when it was looked at; a custodian reset it while the code was judged.
TEST_F(SignInTest, AResetInTheMiddleEndsTheSignIn) {
  const TestPerson ada = add("ada");
  TestPerson renewed{"ada", "another long password", {}};
  auto source = time_.source();
  bool reset = false;
  source.wall_s = [&] {
    const bool judging = !reset && number("SELECT count(*) FROM failed_sign_in") == 1;
    if (judging) {
      reset = true;
      std::thread([&] {
        EXPECT_TRUE(gate_->people.reset("ada", credential_of(renewed), kBegin).ok());
      }).join();
    }
    return time_.wall_s.load();
  };
  gate_.reset();
  gate_ = *Gate::open(*database_, keys_, randomness_, source);
  expect_refused(sign_in_rightly(ada));
  EXPECT_TRUE(reset);
  EXPECT_EQ(number("SELECT count(*) FROM access_key WHERE ended_at IS NULL"), 0);
}

TEST_F(SignInTest, DisablingInTheMiddleEndsTheSignIn) {
  const TestPerson ada = add("ada");
  add("carol", state::Role::kCustodian);
  auto source = time_.source();
  bool disabled = false;
  source.wall_s = [&] {
    if (!disabled && number("SELECT count(*) FROM failed_sign_in") == 1) {
      disabled = true;
      std::thread([&] { EXPECT_TRUE(gate_->people.disable("ada", kBegin).ok()); }).join();
    }
    return time_.wall_s.load();
  };
  gate_.reset();
  gate_ = *Gate::open(*database_, keys_, randomness_, source);
  expect_refused(sign_in_rightly(ada));
  EXPECT_TRUE(disabled);
  EXPECT_EQ(keys_on_disk(), 0);
}

TEST_F(SignInTest, StepUpTakesAFreshCodeAndNoUsedOne) {
  const TestPerson ada = add("ada");
  const api::SignedIn session = signed_in(ada);
  const auto fresh = [&] {
    const auto caller = gate_->access.admit(session.token, machine_);
    return caller.ok() && gate_->access.is_fresh(*caller);
  };
  EXPECT_TRUE(fresh());
  time_.pass(kFreshS - 1);
  EXPECT_TRUE(fresh());
  time_.pass(1);
  EXPECT_FALSE(fresh());
  const std::string code = ada.code_at(time_.wall_s);
  const auto wrong = gate_->sign_in.step_up("ada", session.id, "000000");
  ASSERT_FALSE(wrong.ok());
  expect_not_signed_in(wrong.error());
  EXPECT_EQ(failures(), 1);
  ASSERT_TRUE(gate_->sign_in.step_up("ada", session.id, code).ok());
  EXPECT_EQ(number("SELECT count(*) FROM failed_sign_in"), 0);
  EXPECT_TRUE(fresh());
  EXPECT_FALSE(gate_->sign_in.step_up("ada", session.id, code).ok());
  expect_refused(sign_in("ada", ada.password, code));
}

TEST_F(SignInTest, StepUpOfAnEndedSessionFailsAndUsesUpNothing) {
  const TestPerson ada = add("ada");
  const api::SignedIn session = signed_in(ada);
  ASSERT_TRUE(*gate_->access.end(session.id));
  time_.pass(kTotpStepS);
  const std::string code = ada.code_at(time_.wall_s);
  EXPECT_FALSE(gate_->sign_in.step_up("ada", session.id, code).ok());
  EXPECT_TRUE(sign_in("ada", ada.password, code).ok());
}

TEST_F(SignInTest, StepUpOfSomebodyElsesSessionFails) {
  const TestPerson ada = add("ada");
  const TestPerson eve = add("eve");
  const api::SignedIn session = signed_in(ada);
  time_.pass(kFreshS);
  EXPECT_FALSE(gate_->sign_in.step_up("eve", session.id, eve.code_at(time_.wall_s)).ok());
  const auto caller = gate_->access.admit(session.token, machine_);
  ASSERT_TRUE(caller.ok());
  EXPECT_FALSE(gate_->access.is_fresh(*caller));
}

TEST_F(SignInTest, NothingOfASecretLiesInTheState) {
  auto made = gate_->sign_in.make_credential("ada", "a planted password");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(gate_->people.add("ada", state::Role::kResearcher, made->stored, kBegin).ok());
  const auto session = sign_in("ada", "a planted password", made->recovery_codes[0]);
  ASSERT_TRUE(session.ok()) << base::describe(session.error());
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const auto bytes = base::read_file(entry.path(), 1 << 24);
    ASSERT_TRUE(bytes.ok());
    all += base::text_of(*bytes);
  }
  ASSERT_NE(all.find("$2b$12$"), std::string::npos);  // the files are the right ones
  std::vector<std::string> planted = made->recovery_codes;
  for (const std::string& code : made->recovery_codes) {
    std::string plain = code;
    std::erase(plain, '-');
    planted.push_back(plain);
  }
  planted.insert(planted.end(), {"a planted password", made->secret, session->token,
                                 session->token.substr(session->token.size() - 64)});
  const auto seed =
      keys_.unseal(keys::RecordKind::kTotpSeed, base::view_of("ada"), made->stored.sealed_totp);
  ASSERT_TRUE(seed.ok());
  planted.emplace_back(base::text_of(seed->span()));
  planted.emplace_back(base::text_of(keys_.pepper().span()));
  for (const std::string& secret : planted) EXPECT_EQ(all.find(secret), std::string::npos);
}

TEST_F(SignInTest, NamesThatNobodyMayHave) {
  for (const std::string& name :
       {std::string(), std::string("Ada"), std::string("-ada"), std::string(".ada"),
        std::string("ada lovelace"), std::string("ada\n"), std::string("ada\0", 4),
        std::string(65, 'a'), std::string("\xC3\xA4"), std::string("a/b"), std::string("a'b")}) {
    EXPECT_EQ(check_name("a user's name", name).ok(), false) << name;
    EXPECT_FALSE(gate_->sign_in.make_credential(name, "a long password").ok()) << name;
  }
  for (const char* name : {"ada", "0", "ada.lovelace@clinic-1_x"}) {
    EXPECT_TRUE(check_name("a user's name", name).ok()) << name;
  }
  EXPECT_TRUE(check_name("a user's name", std::string(64, 'a')).ok());
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
