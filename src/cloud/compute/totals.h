// SPDX-License-Identifier: Apache-2.0
// Answers a request for totals: checks it against the signed manifest, sums whole units, blinds,
// and notes every number in the ledger before it gives them away. Numbers of parts of a unit exist
// only inside this class and are never blinded, kept or given out. Blinded totals are kept in
// memory up to a bound: they are fixed, so a kept one is the same as a computed one, unless bytes
// had rotted when it was computed. A request to prove anew therefore forgets those of its upload
// first, and which segments were proved. Such requests are worked one after another, so a flood of
// them takes one request's share of the threads. Safe from several threads; the work of one request
// is spread over the pool.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/threads.h"
#include "cloud/store/store.h"
#include "columns/format/totals.h"

namespace cryptonet::cloud::compute {

/// For the log.
struct Work {
  std::size_t totals = 0;
  std::size_t computed = 0;  ///< the others were kept from before
  std::uint64_t bytes_read = 0;
  bool proved_anew = false;  ///< what was kept of the upload was forgotten first
};

class Totals {
 public:
  static constexpr std::size_t kKeptMax = std::size_t{1} << 20;  ///< 100 MB or so
  /// `kept_max`: blinded totals that stay in memory; 0: each is computed whenever it is asked for.
  Totals(store::Store& store, std::size_t threads, std::size_t kept_max = kKeptMax);
  /// The reply's bytes. kIntegrity for another manifest than the one pinned or damage on disk;
  /// kBadInput for columns or units that the manifest does not have and for incomplete uploads;
  /// kRefused when the cap of totals would be passed; kInterrupted when the program stops.
  base::Result<base::Bytes> answer(const columns::format::UploadId& upload, base::ByteView request,
                                   Work& work);

 private:
  using UnitTotals = std::unordered_map<std::uint64_t, columns::format::Residues>;
  struct Job;
  /// Waits for its turn and forgets, unless that was done since this was called: then every proof
  /// is young enough, and no turn is held.
  std::unique_lock<std::mutex> prove_anew(const store::Upload& upload, Work& work);
  base::Status compute(const store::Upload& upload, Job& job);
  base::Status compute_batch(const store::Upload& upload, std::span<const std::size_t> units,
                             Job& job);
  void take_kept(Job& job);
  void keep(const Job& job);

  store::Store& store_;
  std::size_t kept_max_;
  base::ThreadPool pool_;
  std::mutex mutex_;
  std::map<std::pair<columns::format::UploadId, std::uint32_t>, UnitTotals> kept_;
  std::size_t kept_count_ = 0;
  /// How often. Totals over bytes that were proved before the last time are not kept.
  std::map<columns::format::UploadId, std::uint64_t> forgotten_;
  std::mutex turn_;  ///< of requests to prove anew
};

}  // namespace cryptonet::cloud::compute
