// SPDX-License-Identifier: Apache-2.0
// One version's part of a question, step by step: look up what is kept, ask the cloud for the rest,
// open the reply. Made by Runner for one question; one thread.
#pragma once

#include <map>
#include <optional>

#include "gatekeeper/verify/runner.h"

namespace cryptonet::gatekeeper::verify {

/// Totals of a version that are still to be opened: each pair in each of these units.
struct Batch {
  std::vector<std::uint32_t> units;         ///< strictly increasing
  std::vector<std::size_t> pair_positions;  ///< into the plan's pairs
};

/// Splits missing totals into batches: units that miss the same pairs go together, and a batch
/// stays below what one request may hold. missing[i] are the pair positions that units[i] misses.
std::vector<Batch> make_batches(const std::vector<std::uint32_t>& units,
                                const std::vector<std::vector<std::size_t>>& missing);

class VersionRun {
 public:
  using Totals = std::vector<std::vector<std::int64_t>>;  ///< [unit position][pair position]

  VersionRun(const Runner::Sources& sources, const Question& question,
             const plan::PlannedVersion& planned, const open::LiveVersion& version);
  base::Result<Totals> run(StageTimes& times);

 private:
  struct Reply {
    Batch batch;
    columns::format::TotalsRequest request;
    std::uint64_t unfreezes = 0;  ///< of the upload, when the cloud was asked
    base::Bytes bytes;
  };
  base::Status look_up();
  base::Result<Reply> ask(Batch batch) const;
  base::Status open(const Reply& reply);
  /// Of every pair, in one unit.
  base::Result<std::vector<columns::format::Residues>> key_parts(
      std::uint32_t unit, const std::vector<columns::format::ColumnPair>& pairs,
      const columns::open::UploadOpener& opener);
  base::Result<std::vector<state::KeptTotal>> open_reply(const Reply& reply,
                                                         const columns::open::UploadOpener& opener);
  base::Result<columns::open::UploadOpener> opener();
  /// kIntegrity errors of an opening freeze the upload; all others pass.
  base::Error failed(base::Error error);

  const Runner::Sources& sources_;
  const Question& question_;
  const plan::CheckedPlan& plan_;
  const plan::PlannedVersion& planned_;
  const open::LiveVersion& version_;
  std::map<std::uint32_t, std::size_t> unit_position_;
  std::vector<std::vector<std::optional<std::int64_t>>> kept_;
  Totals totals_;
};

}  // namespace cryptonet::gatekeeper::verify
