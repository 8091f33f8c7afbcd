// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/verify/runner.h"

#include "gatekeeper/verify/version_run.h"

namespace cryptonet::gatekeeper::verify {
using base::Result;
using base::Status;

Status Runner::refuse_if_frozen(const std::string& dataset) {
  CN_ASSIGN(const auto live, sources_.uploads.live(dataset));
  for (const state::Upload& upload : live) {
    CN_RETURN_IF_ERROR(sources_.freezer.refuse_if_frozen(upload));
  }
  return base::ok();
}

Result<plan::OpenedTotals> Runner::run(const Question& question, StageTimes& times) {
  CN_RETURN_IF_ERROR(refuse_if_frozen(question.dataset.view.name));
  plan::OpenedTotals opened;
  for (const plan::PlannedVersion& planned : question.plan.versions()) {
    const open::LiveVersion& version = question.dataset.versions.at(planned.version_index);
    VersionRun run(sources_, question, planned, version);
    CN_ASSIGN(auto totals, run.run(times));
    opened.push_back(std::move(totals));
  }
  // Another question may have met an altered total meanwhile: then nothing leaves.
  CN_RETURN_IF_ERROR(refuse_if_frozen(question.dataset.view.name));
  return opened;
}

}  // namespace cryptonet::gatekeeper::verify
