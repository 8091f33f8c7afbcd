// SPDX-License-Identifier: Apache-2.0
// Runs a checked plan: asks the cloud for the totals that are not kept yet, and opens them. The
// order of an opening is fixed: manifest signature and pinned digest, bound of the phase, check
// column, range of the declared schema; policy and release follow elsewhere. Whatever fails in it
// is one uniform error, and the upload is frozen on disk before that error is answered; what fails
// on the way to or from the cloud never freezes. Openings of one upload wait for each other, so
// that one failure is the last. Key parts are computed when they are needed and not kept: a total
// is opened once, and then the total itself is kept, sealed. Any thread.
#pragma once

#include <functional>

#include "base/threads.h"
#include "gatekeeper/open/catalogue.h"
#include "gatekeeper/state/results.h"
#include "gatekeeper/verify/cloud_link.h"

namespace cryptonet::gatekeeper::verify {

/// Totals of one version that a key was used on.
struct Opening {
  const state::Upload& upload;
  std::size_t totals = 0;
  std::size_t units = 0;
};

struct Question {
  const plan::CheckedPlan& plan;
  const open::Dataset& dataset;
  bool anew = false;  ///< ask the cloud and open again, also what is kept
  /// Called after totals were opened and before they are used or kept; its error ends the question.
  std::function<base::Status(const Opening&)> on_opened = {};
};

struct StageTimes {
  double compute_ms = 0;
  double open_ms = 0;
};

class Runner {
 public:
  struct Sources {
    state::Uploads& uploads;
    state::Results& results;
    state::UploadFiles& files;
    state::UploadLocks& locks;
    const keys::KeyRing& keys;
    open::Catalogue& catalogue;
    open::Freezer& freezer;
    CloudLink& cloud;
    base::ThreadPool& pool;  ///< spreads the openings of one unit
  };
  explicit Runner(const Sources& sources) : sources_(sources) {}

  base::Result<plan::OpenedTotals> run(const Question& question, StageTimes& times);
  /// kIntegrity when a version of the dataset is frozen now: asked again just before a release.
  base::Status refuse_if_frozen(const std::string& dataset);

 private:
  Sources sources_;
};

}  // namespace cryptonet::gatekeeper::verify
