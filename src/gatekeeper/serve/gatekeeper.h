// SPDX-License-Identifier: Apache-2.0
// The gatekeeper as a server: its parts put together over one home, and the routes of
// api/openapi.json that belong to it. Every route but join first asks who the peer is, so that a
// revocation holds at once. Handlers run on several threads.
#pragma once

#include <memory>

#include "gatekeeper/home/home.h"
#include "gatekeeper/intake/intake.h"
#include "gatekeeper/people/administration.h"
#include "gatekeeper/people/bootstrap.h"
#include "gatekeeper/policy/policy.h"
#include "gatekeeper/serve/limits.h"
#include "gatekeeper/serve/page.h"
#include "gatekeeper/serve/readiness.h"
#include "gatekeeper/serve/unsealing.h"
#include "gatekeeper/verify/runner.h"

namespace cryptonet::gatekeeper::serve {

/// Everything that handlers use, in the order in which it is built.
struct Parts {
  Parts(home::Home& opened_home, verify::CloudLink& cloud_link, auth::Gate& opened_gate,
        std::string program_version);

  home::Home& home;
  audit::Log& audit;  ///< what is not durable in it is not released
  verify::CloudLink& cloud;
  auth::Gate& gate;
  std::string version;  ///< of the program
  Readiness readiness;
  people::Bootstrap bootstrap;
  people::Administration administration;
  Limits limits;
  policy::ReleasePolicy policy;
  state::Uploads uploads;
  state::Results results;
  state::UploadFiles files;
  state::UploadLocks locks;
  open::Freezer freezer;
  open::Catalogue catalogue;
  intake::Intake intake;
  base::ThreadPool pool;  ///< one thread a core, shared by all questions
  verify::Runner runner;
  base::OsRandomness randomness;
  SealGate seal_gate;
  Unsealing unsealing;
  std::unique_ptr<Page> page;  ///< none without an origin
};

/// Whether the state can be read and its disk has room: of Parts::readiness.
bool state_is_usable(home::Home& home);
/// The routes; `parts` must outlive them.
std::vector<net::Route> make_routes(Parts& parts);

/// Asks the cloud to forget what was dropped while it could not be reached. kUnreachable when it
/// still cannot.
base::Status retry_deletions(Parts& parts);
/// Removes the files of dropped versions that a crash left behind.
base::Status remove_leftovers(Parts& parts);

}  // namespace cryptonet::gatekeeper::serve
