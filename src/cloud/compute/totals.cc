// SPDX-License-Identifier: Apache-2.0
// Checks, cap, forgetting, kept totals, computation, blinding, ledger: in this order, and nothing
// leaves before the last.
#include "cloud/compute/totals.h"

#include <algorithm>
#include <optional>

#include "cloud/compute/unit_batch.h"
#include "columns/total/total.h"

namespace cryptonet::cloud::compute {
namespace {

using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::ColumnPair;
using columns::format::kNoColumn;
using columns::format::ManifestBody;
using columns::format::Residues;
using columns::format::TotalsRequest;
using columns::format::UploadId;
using store::TotalName;
using store::Upload;

/// Segments that one batch of units maps at a time.
constexpr std::size_t kBatchSegments = 4096;

std::uint64_t pair_key(const ColumnPair& pair) {
  return std::uint64_t{pair.left} << 32 | pair.right;
}

Status check_request(const UploadId& id, const Upload& upload, const TotalsRequest& request) {
  if (request.upload != id) {
    return Error(ErrorCode::kBadInput, "totals.upload",
                 "the request is for another upload than the path says");
  }
  if (request.manifest_digest != upload.manifest.digest()) {
    return Error(ErrorCode::kIntegrity, "totals.manifest",
                 "the request names another manifest than the one the cloud holds for this upload");
  }
  const ManifestBody& body = upload.manifest.body();
  for (const std::uint32_t unit : request.units) {
    if (unit < body.units.size()) continue;
    return Error(ErrorCode::kBadInput, "totals.unit", "the manifest has no such unit");
  }
  for (const ColumnPair& pair : request.pairs) {
    const bool known = pair.left < body.columns.size() &&
                       (pair.right == kNoColumn || pair.right < body.columns.size());
    if (known && pair == columns::format::make_pair(pair.left, pair.right)) continue;
    return Error(ErrorCode::kBadInput, "totals.column",
                 "the manifest has no such column, or a pair is not in its canonical order");
  }
  // Such a product would pass the modulus, and what is left of it is not a total.
  const auto& set = upload.manifest.parameters();
  const auto is_product = [](const ColumnPair& pair) { return pair.right != kNoColumn; };
  if (!set.products && std::ranges::any_of(request.pairs, is_product)) {
    return Error(ErrorCode::kRefused, "totals.products",
                 std::string("the parameter set '") + set.name +
                     "' of this upload holds sums of single columns only",
                 "ask for sums, or encrypt the table with other parameters");
  }
  return base::ok();
}

}  // namespace

/// One request on its way.
struct Totals::Job {
  TotalsRequest request;
  std::vector<std::optional<Residues>> totals;  ///< blinded; unit position * pairs + pair position
  std::uint64_t forgotten = 0;                  ///< of its upload, when it began
  Work* work = nullptr;

  std::size_t at(std::size_t unit_position, std::size_t pair_position) const {
    return unit_position * request.pairs.size() + pair_position;
  }
};

Totals::Totals(store::Store& store, std::size_t threads, std::size_t kept_max)
    : store_(store), kept_max_(kept_max), pool_(threads) {}

Result<base::Bytes> Totals::answer(const UploadId& id, ByteView bytes, Work& work) {
  Job job;
  CN_ASSIGN(job.request, columns::format::parse_totals_request(bytes));
  CN_ASSIGN(const std::shared_ptr<const Upload> upload, store_.find(id));
  CN_RETURN_IF_ERROR(check_request(id, *upload, job.request));
  CN_ASSIGN(const std::shared_ptr<store::Ledger> ledger, store_.ledger(upload));
  std::vector<TotalName> names;
  names.reserve(job.request.units.size() * job.request.pairs.size());
  for (const std::uint32_t unit : job.request.units) {
    for (const ColumnPair& pair : job.request.pairs) names.push_back({unit, pair});
  }
  CN_RETURN_IF_ERROR(ledger->check_cap(names));  // before the work; again with the note of it
  job.work = &work;
  job.totals.resize(names.size());
  work.totals = names.size();
  std::unique_lock<std::mutex> turn;
  if (job.request.prove_anew) turn = prove_anew(*upload, work);
  take_kept(job);
  CN_RETURN_IF_ERROR(compute(*upload, job));
  CN_RETURN_IF_ERROR(ledger->record(names));
  keep(job);
  std::vector<Residues> reply;
  reply.reserve(job.totals.size());
  for (const auto& total : job.totals) reply.push_back(*total);
  return columns::format::write_totals_reply(upload->manifest.parameters(), reply);
}

std::unique_lock<std::mutex> Totals::prove_anew(const Upload& upload, Work& work) {
  const UploadId& id = upload.manifest.body().upload;
  const auto times = [&] {
    const std::lock_guard lock(mutex_);
    return forgotten_[id];
  };
  const std::uint64_t before = times();
  std::unique_lock turn(turn_);
  // One lock over all of it: whoever is asked meanwhile counts as asked after it.
  const std::lock_guard lock(mutex_);
  if (forgotten_[id] != before) return {};
  for (const auto& [name, place] : upload.places) store_.segments().forget(name);
  auto unit = kept_.lower_bound({id, 0});
  while (unit != kept_.end() && unit->first.first == id) {
    kept_count_ -= unit->second.size();
    unit = kept_.erase(unit);
  }
  ++forgotten_[id];
  work.proved_anew = true;
  return turn;
}

Status Totals::compute(const Upload& upload, Job& job) {
  std::vector<std::size_t> batch;
  std::size_t segments = 0;
  const auto& units = upload.manifest.body().units;
  for (std::size_t position = 0; position < job.request.units.size(); ++position) {
    const auto first = job.totals.begin() + static_cast<std::ptrdiff_t>(job.at(position, 0));
    const auto last = first + static_cast<std::ptrdiff_t>(job.request.pairs.size());
    if (std::all_of(first, last, [](const auto& total) { return total.has_value(); })) continue;
    batch.push_back(position);
    const auto& unit = units[job.request.units[position]];
    segments +=
        unit.segments.front().size() * std::min(unit.segments.size(), 2 * job.request.pairs.size());
    if (segments < kBatchSegments) continue;
    CN_RETURN_IF_ERROR(compute_batch(upload, batch, job));
    batch.clear();
    segments = 0;
  }
  return batch.empty() ? base::ok() : compute_batch(upload, batch, job);
}

Status Totals::compute_batch(const Upload& upload, std::span<const std::size_t> positions,
                             Job& job) {
  UnitBatch batch(store_.segments(), upload);
  std::vector<std::vector<std::size_t>> wanted(positions.size());  // among the request's pairs
  for (std::size_t i = 0; i < positions.size(); ++i) {
    std::vector<ColumnPair> pairs;
    for (std::size_t p = 0; p < job.request.pairs.size(); ++p) {
      if (job.totals[job.at(positions[i], p)].has_value()) continue;
      wanted[i].push_back(p);
      pairs.push_back(job.request.pairs[p]);
    }
    CN_RETURN_IF_ERROR(batch.add(job.request.units[positions[i]], pairs));
  }
  CN_ASSIGN(const auto sums, batch.run(pool_));
  job.work->bytes_read += batch.bytes_read();
  const ManifestBody& body = upload.manifest.body();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto& unit = body.units[job.request.units[positions[i]]].id;
    for (std::size_t w = 0; w < wanted[i].size(); ++w) {
      job.totals[job.at(positions[i], wanted[i][w])] =
          columns::total::blind(upload.manifest.parameters(), store_.secret(), body.upload, unit,
                                job.request.pairs[wanted[i][w]], sums[i][w]);
      ++job.work->computed;
    }
  }
  return base::ok();
}

void Totals::take_kept(Job& job) {
  const std::lock_guard lock(mutex_);
  if (const auto times = forgotten_.find(job.request.upload); times != forgotten_.end()) {
    job.forgotten = times->second;
  }
  for (std::size_t u = 0; u < job.request.units.size(); ++u) {
    const auto unit = kept_.find({job.request.upload, job.request.units[u]});
    if (unit == kept_.end()) continue;
    for (std::size_t p = 0; p < job.request.pairs.size(); ++p) {
      const auto total = unit->second.find(pair_key(job.request.pairs[p]));
      if (total != unit->second.end()) job.totals[job.at(u, p)] = total->second;
    }
  }
}

void Totals::keep(const Job& job) {
  if (job.totals.size() > kept_max_) return;
  const std::lock_guard lock(mutex_);
  const auto times = forgotten_.find(job.request.upload);
  if (times != forgotten_.end() && times->second != job.forgotten) return;  // asked before that
  if (kept_count_ + job.totals.size() > kept_max_) {
    kept_.clear();
    kept_count_ = 0;
  }
  for (std::size_t u = 0; u < job.request.units.size(); ++u) {
    UnitTotals& unit = kept_[{job.request.upload, job.request.units[u]}];
    for (std::size_t p = 0; p < job.request.pairs.size(); ++p) {
      if (unit.emplace(pair_key(job.request.pairs[p]), *job.totals[job.at(u, p)]).second) {
        ++kept_count_;
      }
    }
  }
}

}  // namespace cryptonet::cloud::compute
