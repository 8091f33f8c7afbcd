// SPDX-License-Identifier: Apache-2.0
// Who may what: offices, roles in projects, scopes; and that nobody helps themselves to more.
#include "base/file_system.h"
#include "gatekeeper/auth/gate_testing.h"
#include "gatekeeper/people/administration.h"
#include "gatekeeper/people/bootstrap.h"
#include "gatekeeper/people/rights.h"

namespace cryptonet::gatekeeper::people {
namespace {
using state::Role;

class PeopleTest : public auth::GateTest {
 protected:
  void SetUp() override {
    GateTest::SetUp();
    administration_.emplace(*gate_);
  }
  auth::Caller caller(const std::string& name, std::vector<std::string> scope = {}) {
    auth::Caller made;
    made.person = *gate_->people.find(name).value();
    made.key.person = name;
    made.key.scope = std::move(scope);
    return made;
  }
  /// A name that was published, as far as projects are concerned.
  void publish(const char* insert) {
    ASSERT_TRUE(
        database_
            ->write([&](state::Connection& connection) { return connection.run_script(insert); })
            .ok());
  }
  void publish_two() {
    publish(
        "INSERT INTO dataset VALUES ('visits', zeroblob(32), x'00', 1), "
        "('tumours', zeroblob(32), x'00', 1)");
  }
  std::string ask(const auth::Caller& who, const std::string& dataset,
                  const std::vector<std::string>& functions = {"SUM"}) {
    const auto may = require_may_ask(gate_->people, who, dataset, functions);
    return may.ok() ? "" : may.error().rule;
  }
  std::string scope_rule(const auth::Caller& who, const std::vector<std::string>& scope) {
    const auto may = check_scope(gate_->people, who, scope);
    return may.ok() ? "" : may.error().rule;
  }
  template <typename Done>
  static std::string rule_of(const Done& done) {
    return done.ok() ? "" : done.error().rule;
  }
  std::optional<Administration> administration_;
};

TEST_F(PeopleTest, WhatEachRoleMayAskAndSee) {
  publish_two();
  const std::vector<std::pair<Role, bool>> roles = {{Role::kContributor, false},
                                                    {Role::kResearcher, true},
                                                    {Role::kSteward, false},
                                                    {Role::kCustodian, false},
                                                    {Role::kAuditor, false}};
  for (const auto& [role, asks] : roles) {
    const std::string name(state::role_word(role));
    add(name, role);
    EXPECT_EQ(ask(caller(name), "visits"), asks ? "" : "access.dataset") << name;
    EXPECT_TRUE(*may_see(gate_->people, caller(name), "visits")) << name;
    EXPECT_EQ(roles_of(caller(name).person), std::vector<Role>{role}) << name;
  }
}

TEST_F(PeopleTest, AttachingADatasetTakesItOutOfTheDefaultProject) {
  publish_two();
  add("ada");
  add("carol", Role::kCustodian);
  ASSERT_TRUE(administration_->add_project("oncology").ok());
  EXPECT_EQ(ask(caller("ada"), "tumours"), "");
  ASSERT_TRUE(administration_->attach("oncology", "tumours")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "access.dataset");
  EXPECT_FALSE(*may_see(gate_->people, caller("ada"), "tumours"));
  EXPECT_TRUE(*may_see(gate_->people, caller("carol"), "tumours"));
  EXPECT_EQ(ask(caller("ada"), "visits"), "");
  ASSERT_TRUE(administration_->grant(caller("carol"), "oncology", "ada", "steward")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "access.dataset");
  EXPECT_TRUE(*may_see(gate_->people, caller("ada"), "tumours"));
  ASSERT_TRUE(administration_->grant(caller("carol"), "oncology", "ada", "researcher")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "");
  ASSERT_TRUE(administration_->attach("default", "tumours")->changed);
  ASSERT_TRUE(administration_->remove(caller("carol"), "oncology", "ada")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "");  // in both projects
  ASSERT_TRUE(administration_->detach("default", "tumours")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "access.dataset");
  ASSERT_TRUE(administration_->detach("oncology", "tumours")->changed);
  EXPECT_EQ(ask(caller("ada"), "tumours"), "");  // in none: the default one again
  EXPECT_FALSE(administration_->detach("oncology", "tumours")->changed);
  // A name that nobody has published yet: it will never be in the default project.
  EXPECT_TRUE(administration_->attach("oncology", "soon")->changed);
  EXPECT_EQ(*gate_->people.projects_of("soon"), std::vector<std::string>{"oncology"});
  EXPECT_EQ(rule_of(administration_->attach("nowhere", "visits")), "project.not_found");
}

TEST_F(PeopleTest, AScopeNarrowsAndNeverWidens) {
  publish_two();
  add("ada");
  ASSERT_TRUE(administration_->add_project("oncology").ok());
  ASSERT_TRUE(administration_->attach("oncology", "tumours").ok());
  const auto visits = caller("ada", {"dataset:visits"});
  EXPECT_EQ(ask(visits, "visits"), "");
  EXPECT_EQ(ask(visits, "tumours"), "access.dataset");
  EXPECT_FALSE(*may_see(gate_->people, visits, "tumours"));
  EXPECT_EQ(ask(caller("ada", {"dataset:tumours"}), "tumours"), "access.dataset");
  const auto sums = caller("ada", {"function:SUM", "function:COUNT"});
  EXPECT_EQ(ask(sums, "visits", {"SUM", "COUNT"}), "");
  EXPECT_EQ(ask(sums, "visits", {"SUM", "AVG"}), "access.function");
  EXPECT_EQ(ask(caller("ada", {"dataset:visit"}), "visits"), "access.dataset");
  EXPECT_EQ(ask(caller("ada", {"dataset:visitsx"}), "visits"), "access.dataset");
}

TEST_F(PeopleTest, AScopeIsOfWhatTheCallerMayAsk) {
  publish_two();
  add("ada");
  add("carol", Role::kCustodian);
  ASSERT_TRUE(administration_->add_project("oncology").ok());
  ASSERT_TRUE(administration_->attach("oncology", "tumours").ok());
  const auto ada = caller("ada");
  EXPECT_EQ(scope_rule(ada, {}), "");
  EXPECT_EQ(scope_rule(ada, {"dataset:visits", "function:AVG"}), "");
  EXPECT_EQ(scope_rule(ada, {"dataset:tumours"}), "access.dataset");
  EXPECT_EQ(scope_rule(caller("carol"), {"dataset:visits"}), "access.dataset");
  for (const std::string& item :
       {std::string("visits"), std::string("dataset:"), std::string("function:"),
        std::string("function:sum"), std::string("function:EXFILTRATE"),
        std::string("DATASET:visits"), std::string(" dataset:visits"),
        std::string("role:custodian"), std::string("*"),
        std::string("dataset:visits\nfunction:SUM"), std::string("dataset:a\ndataset:tumours"),
        std::string("dataset:Visits"), std::string("dataset:\xC3\xA4"),
        std::string("function:SUM\n")}) {
    EXPECT_EQ(scope_rule(ada, {item}), "access_key.scope") << item;
  }
}

TEST_F(PeopleTest, NobodyChangesWhatTheyMayThemselves) {
  add("carol", Role::kCustodian);
  add("dora", Role::kCustodian);
  ASSERT_TRUE(administration_->add_project("oncology").ok());
  const auto carol = caller("carol");
  for (const char* role : {"researcher", "steward", "contributor", "custodian", "auditor"}) {
    EXPECT_EQ(rule_of(administration_->grant(carol, "oncology", "carol", role)), "access.oneself");
    EXPECT_EQ(rule_of(administration_->grant(carol, "default", "carol", role)), "access.oneself");
  }
  EXPECT_EQ(rule_of(administration_->remove(carol, "default", "carol")), "access.oneself");
  EXPECT_EQ(rule_of(administration_->reset(carol, "carol", "another long password")),
            "access.oneself");
  EXPECT_EQ(rule_of(administration_->disable(carol, "carol")), "access.oneself");
  EXPECT_EQ(rule_of(administration_->add({"carol", "researcher", "another long password"})),
            "user.name_taken");
  EXPECT_TRUE(caller("carol").person.memberships.empty());
  EXPECT_EQ(rule_of(administration_->grant(caller("dora"), "oncology", "carol", "researcher")), "");
}

TEST_F(PeopleTest, OfficesAreNotRolesOfAProject) {
  add("carol", Role::kCustodian);
  add("ada");
  for (const char* office : {"custodian", "auditor"}) {
    EXPECT_EQ(rule_of(administration_->grant(caller("carol"), "default", "ada", office)),
              "role.office");
  }
  EXPECT_EQ(rule_of(administration_->grant(caller("carol"), "default", "ada", "owner")),
            "role.unknown");
  EXPECT_EQ(rule_of(administration_->grant(caller("carol"), "nowhere", "ada", "steward")),
            "project.not_found");
  EXPECT_EQ(rule_of(administration_->grant(caller("carol"), "default", "nobody", "steward")),
            "user.not_found");
  EXPECT_EQ(rule_of(administration_->add({"eve", "root", "a long password"})), "role.unknown");
}

TEST_F(PeopleTest, TheLastCustodianStays) {
  add("carol", Role::kCustodian);
  add("dora", Role::kCustodian);
  add("ada");
  ASSERT_TRUE(administration_->disable(caller("carol"), "ada")->changed);
  EXPECT_FALSE(administration_->disable(caller("carol"), "ada")->changed);
  ASSERT_TRUE(administration_->disable(caller("carol"), "dora")->changed);
  // dora's request was admitted before she was disabled herself
  EXPECT_EQ(rule_of(administration_->disable(caller("dora"), "carol")), "user.last_custodian");
  EXPECT_FALSE(caller("carol").person.disabled);
  EXPECT_EQ(rule_of(administration_->disable(caller("carol"), "nobody")), "user.not_found");
}

TEST_F(PeopleTest, ResetUnlocksAndGivesNewFactors) {
  add("carol", Role::kCustodian);
  const auth::TestPerson ada = add("ada");
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(sign_in("ada", "wrong", "000000").ok());
  const auto renewed = administration_->reset(caller("carol"), "ada", "another long password");
  ASSERT_TRUE(renewed.ok());
  EXPECT_EQ(renewed->role, "researcher");
  EXPECT_EQ(renewed->recovery_codes.size(), auth::kRecoveryCodes);
  EXPECT_FALSE(sign_in("ada", ada.password, ada.code_at(time_.wall_s)).ok());
  EXPECT_FALSE(sign_in("ada", "another long password", ada.code_at(time_.wall_s)).ok());
  EXPECT_TRUE(sign_in("ada", "another long password", renewed->recovery_codes[0]).ok());
  EXPECT_EQ(rule_of(administration_->reset(caller("carol"), "nobody", "another long password")),
            "user.not_found");
}

TEST_F(PeopleTest, ListsShowEverythingToAnOfficeAndOnesOwnToOthers) {
  add("carol", Role::kCustodian);
  add("ada");
  add("eve");
  ASSERT_TRUE(administration_->add_project("oncology").ok());
  ASSERT_TRUE(administration_->grant(caller("carol"), "oncology", "eve", "steward").ok());
  EXPECT_EQ(administration_->projects(caller("carol"))->projects.size(), 2U);
  const auto own = administration_->projects(caller("ada"));
  ASSERT_EQ(own->projects.size(), 1U);
  ASSERT_EQ(own->projects[0].members.size(), 1U);
  EXPECT_EQ(own->projects[0].members[0].user, "ada");
  EXPECT_EQ(administration_->list()->users.size(), 3U);
}

class BootstrapTest : public PeopleTest {
 protected:
  std::string prepare() {
    const auto code = bootstrap_.prepare(gate_->people, randomness_);
    EXPECT_TRUE(code.ok());
    return code.ok() ? code->value_or("") : "";
  }
  Bootstrap bootstrap_{folder_, base::real_file_system()};
};

TEST_F(BootstrapTest, TheCodeIsGoodOnceForTheFirstCustodian) {
  const std::string code = prepare();
  EXPECT_EQ(code.size(), 32U);
  EXPECT_EQ(prepare(), code);  // the same at every start
  const auto file = folder_ / "bootstrap-code";
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  for (const std::string& wrong :
       {std::string(), std::string(32, '0'), code.substr(1), code + "0", code + code}) {
    const auto refused = bootstrap_.redeem(*gate_, {wrong, "carol", "a long password"});
    ASSERT_FALSE(refused.ok());
    expect_not_signed_in(refused.error());
  }
  EXPECT_EQ(rule_of(bootstrap_.redeem(*gate_, {code, "Carol", "a long password"})),
            "name.malformed");
  EXPECT_EQ(rule_of(bootstrap_.redeem(*gate_, {code, "carol", "password"})), "password.common");
  const auto first = bootstrap_.redeem(*gate_, {code, "carol", "a long password"});
  ASSERT_TRUE(first.ok()) << base::describe(first.error());
  EXPECT_EQ(first->role, "custodian");
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto again = bootstrap_.redeem(*gate_, {code, "eve", "a long password"});
  ASSERT_FALSE(again.ok());
  expect_not_signed_in(again.error());
  EXPECT_EQ(prepare(), "");
  EXPECT_EQ(roles_of(caller("carol").person), std::vector<Role>{Role::kCustodian});
}

// The program died between the two, or somebody put the file back.
TEST_F(BootstrapTest, ACodeThatOutlivedItsUseOpensNothing) {
  const std::string code = prepare();
  add("carol", Role::kCustodian);
  const auto refused = bootstrap_.redeem(*gate_, {code, "eve", "a long password"});
  ASSERT_FALSE(refused.ok());
  expect_not_signed_in(refused.error());
  EXPECT_EQ(prepare(), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "bootstrap-code"));
}

TEST_F(BootstrapTest, OfTwoAtOnceOneIsTheFirst) {
  const std::string code = prepare();
  std::atomic<int> made = 0;
  std::vector<std::thread> both;
  for (const char* name : {"carol", "dora"}) {
    both.emplace_back([&, name] {
      made += bootstrap_.redeem(*gate_, {code, name, "a long password"}).ok();
    });
  }
  for (std::thread& one : both) one.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(number("SELECT count(*) FROM person"), 1);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::people
