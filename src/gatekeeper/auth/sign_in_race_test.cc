// SPDX-License-Identifier: Apache-2.0
// Several at once with what only one may use, and rights that end while they are being used.
#include <barrier>
#include <thread>

#include "gatekeeper/auth/gate_testing.h"

namespace cryptonet::gatekeeper::auth {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 100;
#elif defined(__has_feature)
constexpr int kRounds =
    __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) ? 100 : 500;
#else
constexpr int kRounds = 500;
#endif

class SignInRaceTest : public GateTest {
 protected:
  /// Runs all at the same moment; how many said yes.
  static int at_once(const std::vector<std::function<bool()>>& attempts) {
    std::barrier start(static_cast<std::ptrdiff_t>(attempts.size()));
    std::atomic<int> yes = 0;
    std::vector<std::thread> threads;
    for (const auto& attempt : attempts) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        yes += attempt() ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    return yes;
  }
  std::function<bool()> by(const TestPerson& person, const std::string& code) {
    return [this, person, code] { return sign_in(person.name, person.password, code).ok(); };
  }
};

TEST_F(SignInRaceTest, OfTwoSignInsWithOneCodeExactlyOneWins) {
  const TestPerson ada = add("ada");
  for (int round = 0; round < kRounds; ++round) {
    time_.pass(kTotpStepS);
    const std::string code = ada.code_at(time_.wall_s);
    ASSERT_EQ(at_once({by(ada, code), by(ada, code)}), 1) << "round " << round;
  }
  EXPECT_EQ(number("SELECT count(*) FROM access_key"), kRounds);
}

TEST_F(SignInRaceTest, ACrowdWithOneCodeAndTheOneBeforeGetsTwoSessionsAtMost) {
  const TestPerson ada = add("ada");
  for (int round = 0; round < 20; ++round) {
    time_.pass(2 * kTotpStepS);
    const std::string now = ada.code_at(time_.wall_s);
    const std::string before = ada.code_at(time_.wall_s - kTotpStepS);
    const int in = at_once({by(ada, now), by(ada, before), by(ada, now), by(ada, before)});
    ASSERT_GE(in, 1);
    ASSERT_LE(in, 2);
    ASSERT_FALSE(sign_in("ada", ada.password, before).ok());
    ASSERT_FALSE(sign_in("ada", ada.password, now).ok());
    ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
  }
}

TEST_F(SignInRaceTest, OneRecoveryCodeLetsOneIn) {
  auto made = gate_->sign_in.make_credential("ada", "ada has a long password");
  ASSERT_TRUE(made.ok());
  TestPerson ada{"ada", "ada has a long password", {}};
  made->stored.password_hash = credential_of(ada).password_hash;
  ASSERT_TRUE(gate_->people.add("ada", state::Role::kResearcher, made->stored, kBegin).ok());
  for (const std::string& code : made->recovery_codes) {
    ASSERT_EQ(at_once({by(ada, code), by(ada, code), by(ada, code)}), 1);
    ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
  }
}

TEST_F(SignInRaceTest, OneCodeIsASignInOrAStepUp) {
  const TestPerson ada = add("ada");
  const api::SignedIn session = signed_in(ada);
  for (int round = 0; round < 30; ++round) {
    time_.pass(kTotpStepS);
    const std::string code = ada.code_at(time_.wall_s);
    const auto step_up = [&] { return gate_->sign_in.step_up("ada", session.id, code).ok(); };
    ASSERT_EQ(at_once({by(ada, code), step_up, step_up}), 1) << "round " << round;
    ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
  }
}

TEST_F(SignInRaceTest, ACrowdGetsNoMoreGuessesThanOne) {
  const TestPerson ada = add("ada");
  std::vector<std::function<bool()>> crowd(12, by({"ada", "wrong", {}}, "000000"));
  EXPECT_EQ(at_once(crowd), 0);
  EXPECT_EQ(failures(), kFreeFailures);  // the rest came too early
  while (failures() < kLockAt - 1) {
    time_.pass(kLongestWaitS);
    ASSERT_FALSE(sign_in("ada", "wrong", "000000").ok());
  }
  time_.pass(kLongestWaitS);
  EXPECT_EQ(at_once(crowd), 0);
  EXPECT_EQ(failures(), kLockAt);
  EXPECT_TRUE(*gate_->sign_in.is_locked("ada"));
}

// The right one and the one that locks: whoever comes second fails.
TEST_F(SignInRaceTest, ALockAndARightSignInNeverBothPass) {
  const TestPerson ada = add("ada");
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(gate_->sign_in.unlock("ada").ok());
    ASSERT_FALSE(sign_in("ada", "wrong", "000000").ok());
    ASSERT_TRUE(database_
                    ->write([](state::Connection& connection) {
                      return connection.run_script(
                          "UPDATE failed_sign_in SET failures = 98, last_at = 1");
                    })
                    .ok());
    time_.pass(kTotpStepS);
    const std::string code = ada.code_at(time_.wall_s);
    const int in = at_once({by(ada, code), by({"ada", "wrong", {}}, "000000")});
    const bool locked = *gate_->sign_in.is_locked("ada");
    ASSERT_FALSE(in == 1 && locked) << "round " << round;
    ASSERT_LE(in, 1);
  }
}

TEST_F(SignInRaceTest, NoRequestBegunAfterARevocationIsAdmitted) {
  const TestPerson ada = add("ada");
  for (int round = 0; round < 20; ++round) {
    const api::SignedIn session = signed_in(ada);
    std::atomic<bool> revoked = false;
    std::atomic<bool> stop = false;
    std::atomic<int> late = 0;
    std::atomic<int> early = 0;
    std::vector<std::thread> users;
    for (int i = 0; i < 3; ++i) {
      users.emplace_back([&] {
        while (!stop) {
          const bool began_late = revoked;
          const bool in = gate_->access.admit(session.token, machine_).ok();
          if (in) ++(began_late ? late : early);
        }
      });
    }
    while (early < 5) std::this_thread::yield();
    ASSERT_TRUE(*gate_->access.end(session.id));
    revoked = true;
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    stop = true;
    for (std::thread& user : users) user.join();
    ASSERT_EQ(late, 0);
  }
}

// While the clock jumps to and fro: time goes on for everybody, and what is written down is of one
// moment, or a restart would give the difference away.
TEST_F(SignInRaceTest, TimeNeverGoesBackWhileTheClockJumps) {
  std::atomic<bool> stop = false;
  std::atomic<int> back = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::int64_t last_s = 0;
      while (!stop) {
        const std::int64_t now_s = gate_->clock->now_s();
        if (now_s < last_s) ++back;
        last_s = now_s;
      }
    });
  }
  std::thread jumper([&] {
    while (!stop) {
      time_.boot_s += 1;
      time_.wall_s += time_.boot_s % 3 == 0 ? -100 : 7;
    }
  });
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(gate_->clock->remember().ok());
  stop = true;
  jumper.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(back, 0);
}

TEST_F(SignInRaceTest, RememberedTimeIsOfOneMoment) {
  time_.wall_s -= 86400;  // from here on only the uptime counts
  const std::int64_t offset = gate_->clock->now_s() - time_.boot_s;
  std::atomic<bool> stop = false;
  std::thread uptime([&] {
    while (!stop) {
      time_.boot_s += 1;
      gate_->clock->now_s();
    }
  });
  int torn = 0;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(gate_->clock->remember().ok());
    if (number("SELECT latest_s - boot_s FROM clock") != offset) ++torn;
  }
  stop = true;
  uptime.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
