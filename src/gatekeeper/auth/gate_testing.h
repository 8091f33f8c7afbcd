// SPDX-License-Identifier: Apache-2.0
// For tests: a gate over a state of its own, a time that the test sets, and people whose passwords
// hash fast (a hash says its own cost). Two hooks stand where sign-ins can be interrupted.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "gatekeeper/auth/gate.h"
#include "gatekeeper/auth/password.h"
#include "gatekeeper/auth/totp.h"

namespace cryptonet::gatekeeper::auth {

constexpr std::int64_t kBegin = 1'900'000'000 / kTotpStepS * kTotpStepS;

/// The machine's clocks. `during_judging` runs while a code is being judged, when the attempt was
/// counted and the password hashed.
struct ManualTime {
  std::atomic<std::int64_t> wall_s = kBegin;
  std::atomic<std::int64_t> boot_s = 1000;
  std::string boot_id = "first";
  std::function<void()> during_judging;
  std::function<void()> at_boot_s;  ///< whenever the clock is read; holds the clock

  void pass(std::int64_t seconds) {
    wall_s += seconds;
    boot_s += seconds;
  }
  TimeSource source() {
    return {[this] { return wall_s.load(); },
            [this] {
              if (at_boot_s) at_boot_s();
              return boot_s.load();
            },
            boot_id};
  }
};

struct TestPerson {
  std::string name;
  std::string password;
  std::array<std::uint8_t, kTotpSeedBytes> seed{};

  std::string code_at(std::int64_t wall_s) const { return totp_code(seed, wall_s / kTotpStepS); }
};

/// A folder in memory where there is one: these tests commit thousands of times, and what a disk
/// keeps over a crash is tested elsewhere.
inline std::filesystem::path make_test_folder() {
  const bool memory = ::access("/dev/shm", W_OK) == 0;
  auto pattern =
      (memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
      "cn_gate_XXXXXX";
  std::string name = pattern.string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  return name;
}

class GateTest : public testing::Test {
 protected:
  static constexpr int kFastCost = 4;

  void SetUp() override {
    auto made = state::Database::create(folder_ / "state.db");
    ASSERT_TRUE(made.ok()) << base::describe(made.error());
    database_ = std::move(made).value();
    open_gate();
  }
  void TearDown() override {
    gate_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open_gate() {
    gate_.reset();
    auto opened = Gate::open(*database_, keys_, randomness_, time_.source());
    ASSERT_TRUE(opened.ok()) << base::describe(opened.error());
    gate_ = std::move(opened).value();
  }
  /// As after a restart of the program: nothing that was only in memory is left.
  void restart() {
    gate_.reset();
    database_.reset();
    auto opened = state::Database::open(folder_ / "state.db");
    ASSERT_TRUE(opened.ok()) << base::describe(opened.error());
    database_ = std::move(opened).value();
    open_gate();
  }

  state::Credential credential_of(const TestPerson& person) {
    state::Credential credential;
    const auto secret = peppered(keys_.pepper(), person.password);
    credential.password_hash = bcrypt({secret.data(), secret.size()}, randomness_, kFastCost);
    credential.sealed_totp =
        keys_.seal(keys::RecordKind::kTotpSeed, base::view_of(person.name), person.seed);
    return credential;
  }
  TestPerson add(const std::string& name, state::Role role = state::Role::kResearcher) {
    TestPerson person{name, name + " has a long password", {}};
    randomness_.fill(person.seed);
    EXPECT_TRUE(gate_->people.add(name, role, credential_of(person), gate_->clock->now_s()).ok());
    return person;
  }
  base::Result<Started> sign_in(const std::string& user, const std::string& password,
                                const std::string& code) {
    return gate_->sign_in.sign_in({user, password, code}, machine_);
  }
  /// With both factors right and a code that was not used before.
  api::SignedIn signed_in(const TestPerson& person) {
    time_.pass(kTotpStepS);
    auto session = sign_in(person.name, person.password, person.code_at(time_.wall_s));
    EXPECT_TRUE(session.ok()) << base::describe(session.error());
    return session.ok() ? *session : api::SignedIn();
  }
  static void expect_not_signed_in(const base::Error& error) {
    const base::Error wanted = not_signed_in();
    EXPECT_EQ(error.code, wanted.code) << base::describe(error);
    EXPECT_EQ(base::describe(error), base::describe(wanted));
  }
  /// The one number that the statement gives, by a connection of its own: what is on disk.
  std::int64_t number(const std::string& sql) const {
    sqlite3* connection = nullptr;
    CHECK(sqlite3_open((folder_ / "state.db").c_str(), &connection) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    CHECK(sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::int64_t value = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return value;
  }
  std::int64_t failures() const { return number("SELECT max(failures) FROM failed_sign_in"); }

  std::filesystem::path folder_ = make_test_folder();
  base::OsRandomness randomness_;
  keys::KeyRing keys_ = keys::KeyRing::generate(randomness_);
  ManualTime time_;
  net::Peer machine_{net::PeerRole::kResearcher, "laptop", base::Digest{1}, "127.0.0.1"};
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<Gate> gate_;
};

}  // namespace cryptonet::gatekeeper::auth
