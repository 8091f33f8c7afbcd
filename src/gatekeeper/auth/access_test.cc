// SPDX-License-Identifier: Apache-2.0
// What a token opens, to whom, and what ends it.
#include <set>

#include "gatekeeper/auth/gate_testing.h"

namespace cryptonet::gatekeeper::auth {
namespace {

class AccessTest : public GateTest {
 protected:
  Caller caller_of(const std::string& token) {
    auto caller = gate_->access.admit(token, machine_);
    EXPECT_TRUE(caller.ok());
    return caller.ok() ? std::move(*caller) : Caller();
  }
  bool good(const std::string& token) { return gate_->access.admit(token, machine_).ok(); }
  std::string key_of(const Caller& caller, std::uint64_t ttl_s = 900,
                     std::vector<std::string> scope = {}) {
    auto made = gate_->access.make(caller, {ttl_s, std::move(scope)});
    EXPECT_TRUE(made.ok()) << base::describe(made.error());
    return made.ok() ? made->token : std::string();
  }
};

TEST_F(AccessTest, TokensAreHeldToEveryCharacter) {
  const std::string token = signed_in(add("ada")).token;
  EXPECT_TRUE(good(token));
  std::vector<std::string> wrong = {"",
                                    " ",
                                    token + "0",
                                    token.substr(0, token.size() - 1),
                                    " " + token,
                                    token + "\n",
                                    token.substr(kSessionPrefix.size()),
                                    std::string(kAccessKeyPrefix) + token.substr(18),
                                    std::string(kSessionPrefix),
                                    std::string(1 << 16, 'x'),
                                    "Bearer " + token};
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    wrong.push_back(changed);
  }
  std::string upper = token;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  wrong.push_back(upper);
  for (const std::string& text : wrong) {
    const auto refused = gate_->access.admit(text, machine_);
    ASSERT_FALSE(refused.ok()) << text.substr(0, 100);
    expect_not_signed_in(refused.error());
  }
}

TEST_F(AccessTest, TokensAreDrawnAndNeverAlike) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_token(state::KeyKind::kAccessKey, randomness_));
  EXPECT_EQ(seen.size(), 1000U);
  for (const std::string& token : seen) {
    EXPECT_TRUE(token.starts_with(kAccessKeyPrefix));
    EXPECT_EQ(token.size(), kAccessKeyPrefix.size() + 64);
  }
}

TEST_F(AccessTest, ASessionIsBoundToItsMachineAndAnAccessKeyIsNot) {
  const std::string session = signed_in(add("ada")).token;
  net::Peer other = machine_;
  other.certificate_hash[31] = 1;
  const auto refused = gate_->access.admit(session, other);
  ASSERT_FALSE(refused.ok());
  expect_not_signed_in(refused.error());
  const std::string key = key_of(caller_of(session));
  EXPECT_TRUE(gate_->access.admit(key, other).ok());
}

TEST_F(AccessTest, AnAccessKeyEndsAtItsTimeAndAtFifteenMinutesAtTheLatest) {
  const Caller ada = caller_of(signed_in(add("ada")).token);
  const std::string brief = key_of(ada, 10);
  const std::string longest = key_of(ada, 900);
  const auto greedy = gate_->access.make(ada, {86400, {}});
  ASSERT_TRUE(greedy.ok());
  EXPECT_EQ(greedy->expires_at, static_cast<std::uint64_t>(gate_->clock->now_s() + 900));
  time_.pass(9);
  EXPECT_TRUE(good(brief));
  time_.pass(1);
  EXPECT_FALSE(good(brief));
  time_.pass(889);
  EXPECT_TRUE(good(longest));
  time_.pass(1);
  EXPECT_FALSE(good(longest));
  EXPECT_FALSE(good(greedy->token));
}

TEST_F(AccessTest, AnAccessKeyIsNeverFresh) {
  const Caller ada = caller_of(signed_in(add("ada")).token);
  EXPECT_TRUE(gate_->access.is_fresh(ada));
  EXPECT_FALSE(gate_->access.is_fresh(caller_of(key_of(ada))));
}

TEST_F(AccessTest, ARevokedTokenIsDeadAtOnceAndForGood) {
  const api::SignedIn session = signed_in(add("ada"));
  const Caller ada = caller_of(session.token);
  const std::string key = key_of(ada);
  const Caller by_key = caller_of(key);
  EXPECT_TRUE(gate_->access.still_admitted(by_key).ok());
  EXPECT_TRUE(*gate_->access.end(by_key.key.id));
  EXPECT_FALSE(good(key));
  EXPECT_FALSE(gate_->access.still_admitted(by_key).ok());
  EXPECT_FALSE(*gate_->access.end(by_key.key.id));
  EXPECT_FALSE(*gate_->access.end("0000000000000000"));
  EXPECT_TRUE(good(session.token));
  ASSERT_TRUE(*gate_->access.end(session.id));
  restart();
  EXPECT_FALSE(good(session.token));
  EXPECT_FALSE(good(key));
}

// Between the check of the session and the writing of the key, somebody revokes the session.
TEST_F(AccessTest, ARevokedSessionMakesNoKey) {
  const api::SignedIn session = signed_in(add("ada"));
  const Caller ada = caller_of(session.token);
  int reads = 0;
  time_.at_boot_s = [&] {
    if (++reads == 2) {
      EXPECT_TRUE(*gate_->keys.end(session.id, kBegin));
    }
  };
  const auto made = gate_->access.make(ada, {900, {}});
  time_.at_boot_s = nullptr;
  EXPECT_GE(reads, 2);
  ASSERT_FALSE(made.ok());
  expect_not_signed_in(made.error());
  EXPECT_EQ(number("SELECT count(*) FROM access_key WHERE ended_at IS NULL"), 0);
}

TEST_F(AccessTest, DisablingAndResettingEndEverything) {
  add("carol", state::Role::kCustodian);
  const TestPerson person = add("ada");
  std::string session = signed_in(person).token;
  std::string key = key_of(caller_of(session));
  const Caller before = caller_of(key);
  ASSERT_TRUE(gate_->people.disable("ada", gate_->clock->now_s()).ok());
  EXPECT_FALSE(good(session));
  EXPECT_FALSE(good(key));
  EXPECT_FALSE(gate_->access.still_admitted(before).ok());
  ASSERT_TRUE(gate_->people.reset("ada", credential_of(person), gate_->clock->now_s()).ok());
  EXPECT_FALSE(good(session));  // enabled again, and what was ended stays so
  EXPECT_FALSE(good(key));
  session = signed_in(person).token;
  key = key_of(caller_of(session));
  ASSERT_TRUE(gate_->people.reset("ada", credential_of(person), gate_->clock->now_s()).ok());
  EXPECT_FALSE(good(session));
  EXPECT_FALSE(good(key));
}

TEST_F(AccessTest, ALostOrChangedRoleEndsAccessKeys) {
  ASSERT_TRUE(gate_->people.add_project("oncology", kBegin).ok());
  const Caller ada = caller_of(signed_in(add("ada")).token);
  const auto now_s = [&] { return gate_->clock->now_s(); };
  std::string key = key_of(ada);
  ASSERT_TRUE(*gate_->people.grant("oncology", "ada", state::Role::kResearcher, now_s()));
  EXPECT_TRUE(good(key));  // more rights end nothing
  EXPECT_FALSE(*gate_->people.grant("oncology", "ada", state::Role::kResearcher, now_s()));
  EXPECT_TRUE(good(key));
  ASSERT_TRUE(*gate_->people.grant("oncology", "ada", state::Role::kSteward, now_s()));
  EXPECT_FALSE(good(key));
  key = key_of(ada);
  ASSERT_TRUE(*gate_->people.remove("default", "ada", now_s()));
  EXPECT_FALSE(good(key));
  EXPECT_FALSE(*gate_->people.remove("default", "ada", now_s()));
}

TEST_F(AccessTest, NobodyHasMoreKeysThanTheLimit) {
  const Caller ada = caller_of(signed_in(add("ada")).token);
  const Caller eve = caller_of(signed_in(add("eve")).token);
  std::string first;
  for (std::size_t i = 1; i < kMostKeysOfOne; ++i) {
    const std::string key = key_of(ada);
    if (first.empty()) first = key;
  }
  const auto refused = gate_->access.make(ada, {900, {}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "access_key.too_many");
  EXPECT_NE(refused.error().message.find("256"), std::string::npos);
  key_of(eve);
  ASSERT_TRUE(*gate_->access.end(caller_of(first).key.id));
  key_of(ada);
}

TEST_F(AccessTest, ListsTellWhoseAndWhenUsedAndNoToken) {
  const std::string session = signed_in(add("ada")).token;
  const Caller ada = caller_of(session);
  const Caller eve = caller_of(signed_in(add("eve")).token);
  const std::string key = key_of(ada, 900, {"dataset:t", "function:SUM"});
  time_.pass(7);
  caller_of(key);
  const auto own = gate_->access.list(ada, false);
  ASSERT_TRUE(own.ok());
  ASSERT_EQ(own->keys.size(), 2U);
  EXPECT_EQ(gate_->access.list(eve, false)->keys.size(), 1U);
  EXPECT_EQ(gate_->access.list(eve, true)->keys.size(), 3U);
  const auto& listed = own->keys[0].kind == "access_key" ? own->keys[0] : own->keys[1];
  EXPECT_EQ(listed.scope, (std::vector<std::string>{"dataset:t", "function:SUM"}));
  EXPECT_EQ(listed.last_used_at, static_cast<std::uint64_t>(gate_->clock->now_s()));
  const std::string text = own->to_json();
  EXPECT_EQ(text.find(session), std::string::npos);
  EXPECT_EQ(text.find(key), std::string::npos);
  EXPECT_EQ(*gate_->access.owner(listed.id), "ada");
  EXPECT_FALSE(gate_->access.owner("unknown")->has_value());
}

TEST_F(AccessTest, KeysThatExpiredLongAgoAreRemovedAndNoOthers) {
  const TestPerson ada = add("ada");
  const Caller old = caller_of(signed_in(ada).token);
  ASSERT_TRUE(*gate_->access.end(caller_of(key_of(old)).key.id));
  time_.pass(3600);
  signed_in(ada);
  time_.pass(old.key.expires_at + kExpiredKeptS - gate_->clock->now_s());
  ASSERT_TRUE(gate_->access.remove_long_expired().ok());
  EXPECT_EQ(number("SELECT count(*) FROM access_key"), 2);  // the ended one expired before them
  time_.pass(1);
  const std::string live = signed_in(ada).token;  // half a minute later
  ASSERT_TRUE(gate_->access.remove_long_expired().ok());
  EXPECT_EQ(number("SELECT count(*) FROM access_key"), 2);
  EXPECT_FALSE(gate_->access.owner(old.key.id)->has_value());
  EXPECT_TRUE(good(live));
}

TEST_F(AccessTest, AListHasAnEnd) {
  const Caller ada = caller_of(signed_in(add("ada", state::Role::kCustodian)).token);
  state::AccessKey key = ada.key;
  ASSERT_TRUE(database_
                  ->write([&](state::Connection& connection) -> base::Status {
                    for (std::int64_t i = 0; i < state::AccessKeys::kMostListed; ++i) {
                      key.id = std::to_string(i);
                      key.hash = token_hash(key.id);
                      CN_RETURN_IF_ERROR(state::AccessKeys::insert(connection, key));
                    }
                    return base::ok();
                  })
                  .ok());
  EXPECT_EQ(gate_->access.list(ada, true)->keys.size(), state::AccessKeys::kMostListed);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth
