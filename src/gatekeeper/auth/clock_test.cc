// SPDX-License-Identifier: Apache-2.0
// Whatever happens to the machine's clocks, nobody gets more time than was given.
#include <fstream>
#include <random>

#include "gatekeeper/auth/gate_testing.h"

namespace cryptonet::gatekeeper::auth {
namespace {

class ClockTest : public GateTest {
 protected:
  void SetUp() override {
    GateTest::SetUp();
    add("ada");
  }
  /// A session as a sign-in starts it; the token.
  std::string session(std::int64_t ttl_s = kSessionS, std::int64_t idle_s = kSessionIdleS) {
    const std::int64_t now_s = gate_->clock->now_s();
    std::string token = make_token(state::KeyKind::kSession, randomness_);
    state::AccessKey key;
    key.id = make_key_id(randomness_);
    key.hash = token_hash(token);
    key.person = "ada";
    key.made_at = key.last_used_at = key.second_factor_at = now_s;
    key.expires_at = now_s + ttl_s;
    key.idle_s = idle_s;
    EXPECT_TRUE(gate_->clock->remember().ok());
    EXPECT_TRUE(gate_->keys.add(key).ok());
    return token;
  }
  bool good(const std::string& token) { return gate_->access.admit(token, machine_).ok(); }
};

TEST_F(ClockTest, ASessionEndsWhenItLayIdle) {
  const std::string token = session();
  time_.pass(kSessionIdleS - 1);
  EXPECT_TRUE(good(token));
  time_.pass(kSessionIdleS - 1);
  EXPECT_TRUE(good(token));
  time_.pass(kSessionIdleS);
  EXPECT_FALSE(good(token));
}

TEST_F(ClockTest, ASessionEndsWhateverItsUse) {
  const std::string token = session();
  for (std::int64_t past = 0; past + 1000 < kSessionS; past += 1000) {
    ASSERT_TRUE(good(token)) << past;
    time_.pass(1000);
  }
  time_.pass(kSessionS % 1000 == 0 ? 999 : kSessionS % 1000 - 1);
  EXPECT_TRUE(good(token));
  time_.pass(1);
  EXPECT_FALSE(good(token));
}

TEST_F(ClockTest, SetBackTheClockGoesOnAtThePaceOfTheUptime) {
  const std::string token = session(600, 600);
  const std::int64_t now_s = gate_->clock->now_s();
  time_.wall_s -= 365 * 86400;
  EXPECT_EQ(gate_->clock->now_s(), now_s);
  time_.pass(599);
  EXPECT_TRUE(good(token));
  time_.pass(1);
  EXPECT_EQ(gate_->clock->now_s(), now_s + 600);
  EXPECT_FALSE(good(token));
}

TEST_F(ClockTest, SetForwardSessionsEndEarlyAndNeverComeBack) {
  const std::string token = session(600, 600);
  time_.wall_s += 600;
  EXPECT_FALSE(good(token));
  time_.wall_s -= 600;
  EXPECT_FALSE(good(token));
  EXPECT_TRUE(good(session()));  // which writes the time down
  restart();
  EXPECT_FALSE(good(token));
}

TEST_F(ClockTest, ARestartOfTheProgramGivesNoTime) {
  const std::string token = session(600, 600);
  time_.wall_s -= 86400;
  time_.boot_s += 599;
  restart();
  EXPECT_TRUE(good(token));
  time_.boot_s += 1;
  restart();
  EXPECT_FALSE(good(token));
}

TEST_F(ClockTest, ARestartOfTheMachineEndsEveryKey) {
  const std::string token = session();
  time_.boot_id = "second";
  time_.boot_s = 5;
  restart();
  EXPECT_FALSE(good(token));
  EXPECT_EQ(number("SELECT count(*) FROM access_key WHERE ended_at IS NULL"), 0);
  EXPECT_TRUE(good(session()));
}

TEST_F(ClockTest, AMachineThatDoesNotSayWhenItStartedEndsEveryKeyAtEveryRestart) {
  time_.boot_id.clear();
  open_gate();
  const std::string token = session();
  EXPECT_TRUE(good(token));
  restart();
  EXPECT_FALSE(good(token));
}

// A cloned machine: the same name of the start, and less uptime than was seen.
TEST_F(ClockTest, AnUptimeThatWentBackEndsEveryKey) {
  const std::string token = session();
  time_.boot_s -= 10;
  restart();
  EXPECT_FALSE(good(token));
}

/// One machine's life: its clock is set, the program and the machine are started anew, with or
/// without a last word to the disk.
class Walk {
 public:
  Walk(ManualTime& time, std::uint64_t seed) : time_(time), engine_(seed) {}
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(limit));
  }
  /// Seconds as they really pass, on and off.
  std::int64_t real_s = 0;
  bool clock_was_set = false;

  void pass(std::int64_t seconds) {
    real_s += seconds;
    time_.pass(seconds);
  }
  void set_clock() {
    constexpr std::array<std::int64_t, 6> kSteps = {1, 60, 900, 7200, 86400, 86400 * 400};
    const std::int64_t step = kSteps[static_cast<std::size_t>(below(6))];
    time_.wall_s += below(2) == 0 ? step : -step;
    clock_was_set = true;
  }
  void reboot() {
    time_.boot_id = "start " + std::to_string(engine_());
    time_.boot_s = below(100);
    const std::int64_t off = below(5000);
    real_s += off;
    if (below(2) == 0) time_.wall_s += off;  // else a dead battery
  }

 private:
  ManualTime& time_;
  std::mt19937_64 engine_;
};

TEST_F(ClockTest, NoKeyEverLivesLongerThanItsTimeWhateverTheClocksDo) {
  struct Given {
    std::string token;
    std::int64_t at_s = 0;
    std::int64_t ttl_s = 0;
    std::int64_t idle_s = 0;
    std::int64_t used_s = 0;
    bool rebooted = false;
  };
  std::size_t lived = 0;
  std::size_t died = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Walk walk(time_, seed);
    std::vector<Given> given;
    std::int64_t last_now_s = 0;
    for (int step = 0; step < 60; ++step) {
      const std::int64_t what = walk.below(10);
      if (what < 5) walk.pass(walk.below(what == 0 ? 4000 : 300));
      if (what == 5) walk.set_clock();
      // The program ended without a word: the time that the clock was set forward by and nobody
      // wrote down is forgotten. What keys live on is not.
      if (what == 6) {
        open_gate();
        last_now_s = 0;
      }
      if (what == 7 && walk.below(3) == 0) {
        walk.reboot();
        restart();
        last_now_s = 0;
        for (Given& key : given) key.rebooted = true;
      }
      if (what >= 8) {
        const std::int64_t ttl_s = 1 + walk.below(4000);
        const std::int64_t idle_s = 1 + walk.below(2000);
        given.push_back({session(ttl_s, idle_s), walk.real_s, ttl_s, idle_s, walk.real_s, false});
      }
      const std::int64_t now_s = gate_->clock->now_s();
      ASSERT_GE(now_s, last_now_s) << "seed " << seed;
      last_now_s = now_s;
      for (Given& key : given) {
        if (walk.below(3) != 0) continue;
        const bool alive = good(key.token);
        const bool in_time = walk.real_s < key.at_s + key.ttl_s &&
                             walk.real_s < key.used_s + key.idle_s && !key.rebooted;
        ASSERT_TRUE(in_time || !alive) << "seed " << seed << ", step " << step;
        if (alive) key.used_s = walk.real_s;
        alive ? ++lived : ++died;
      }
    }
  }
  EXPECT_GT(lived, 200U);  // the walks saw both
  EXPECT_GT(died, 200U);
}

// The other half: where nobody touches the clock, a key lives as long as was said.
TEST_F(ClockTest, NoKeyEndsEarlyWhileTheClockIsLeftAlone) {
  Walk walk(time_, 7);
  for (int key = 0; key < 30; ++key) {
    const std::int64_t ttl_s = 2 + walk.below(4000);
    const std::string token = session(ttl_s, ttl_s);
    const std::int64_t end_s = walk.real_s + ttl_s;
    while (walk.real_s < end_s - 1) {
      walk.pass(std::min(1 + walk.below(900), end_s - 1 - walk.real_s));
      if (walk.below(4) == 0) restart();
      ASSERT_TRUE(good(token)) << key;
    }
    walk.pass(1);
    ASSERT_FALSE(good(token)) << key;
  }
}

TEST(SystemTime, IsTheMachines) {
  const TimeSource source = system_time();
  EXPECT_EQ(source.boot_id.size(), 36U);
  EXPECT_NEAR(static_cast<double>(source.wall_s()), static_cast<double>(::time(nullptr)), 2);
  std::ifstream uptime("/proc/uptime");
  double seconds = 0;
  uptime >> seconds;
  EXPECT_NEAR(static_cast<double>(source.boot_s()), seconds, 2);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
