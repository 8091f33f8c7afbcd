// SPDX-License-Identifier: Apache-2.0
// What custodians do about people and projects. Nobody changes what they may themselves: a
// custodian who wants a role, a new second factor or an end needs another custodian. Any thread.
#pragma once

#include "gatekeeper/auth/gate.h"

namespace cryptonet::gatekeeper::people {

class Administration {
 public:
  explicit Administration(auth::Gate& gate) : gate_(gate) {}

  base::Result<api::Enrolled> add(const api::NewPerson& request);
  base::Result<api::Enrolled> reset(const auth::Caller& caller, const std::string& user,
                                    std::string_view password);
  /// kRefused when the person is none.
  base::Result<state::Person> custodian(const std::string& user);
  /// For whoever can open the home: a custodian's new password and second factor, with nobody's
  /// session. kRefused for another person.
  base::Result<api::Enrolled> reset_custodian(const std::string& user, std::string_view password);
  base::Result<api::Changed> disable(const auth::Caller& caller, const std::string& user);
  base::Result<api::PersonList> list();

  base::Result<api::ProjectChanged> add_project(const std::string& name);
  base::Result<api::ProjectChanged> grant(const auth::Caller& caller, const std::string& project,
                                          const std::string& user, const std::string& role);
  base::Result<api::ProjectChanged> remove(const auth::Caller& caller, const std::string& project,
                                           const std::string& user);
  base::Result<api::ProjectChanged> attach(const std::string& project, const std::string& dataset);
  base::Result<api::ProjectChanged> detach(const std::string& project, const std::string& dataset);
  /// All for a custodian or auditor, else the caller's own.
  base::Result<api::ProjectList> projects(const auth::Caller& caller);

 private:
  base::Result<api::Enrolled> renew(const state::Person& person, std::string_view password);
  base::Result<state::Person> known(const std::string& user);
  auth::Gate& gate_;
};

/// The messages of a credential that was just made.
api::Enrolled enrolled(const std::string& user, const std::string& role,
                       auth::NewCredential credential);
std::vector<api::Grant> grants_of(const state::Person& person);
std::vector<std::string> role_words_of(const state::Person& person);

}  // namespace cryptonet::gatekeeper::people
