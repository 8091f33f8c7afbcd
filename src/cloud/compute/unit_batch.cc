// SPDX-License-Identifier: Apache-2.0
// Mapping comes first and on all threads, because the first use of a segment after a start hashes
// it.
#include "cloud/compute/unit_batch.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/stop.h"
#include "columns/total/total.h"

namespace cryptonet::cloud::compute {

using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::ColumnPair;
using columns::format::ManifestBody;
using columns::format::Residues;

namespace {
/// Chunks of a task: long enough to be worth a thread's while, short enough to share out.
constexpr std::size_t kTaskChunks = 16;
/// Tasks that each thread gets of a unit, as far as its chunks reach: none waits long for the last.
constexpr std::size_t kTasksPerThread = 4;
}  // namespace

Status UnitBatch::add(std::uint32_t unit_index, std::span<const ColumnPair> pairs) {
  const ManifestBody& body = upload_.manifest.body();
  Unit unit;
  unit.index = unit_index;
  if (!units_.empty() &&
      std::equal(pairs.begin(), pairs.end(), last_pairs_.begin(), last_pairs_.end())) {
    unit.plan = units_.back().plan;
  } else {
    unit.plan = std::make_shared<const columns::total::ProductPlan>(pairs);
    last_pairs_.assign(pairs.begin(), pairs.end());
  }
  for (const std::uint32_t column : unit.plan->columns()) {
    const auto& names = body.units[unit_index].segments[column];
    for (const base::Digest& name : names) {
      if (segments_.knows(body.upload, name)) continue;
      return Error(ErrorCode::kBadInput, "totals.incomplete",
                   "segments of upload " + body.upload.hex() +
                       " that this question needs are not at the cloud",
                   "finish it: cryptonet upload DIR");
    }
    unit.columns.emplace_back().files.resize(names.size());
  }
  units_.push_back(std::move(unit));
  return base::ok();
}

Status UnitBatch::map_all(base::ThreadPool& pool) {
  struct Place {
    Unit* unit;
    std::size_t position;  // of the column in the unit's plan
    std::uint32_t segment;
    std::uint32_t column() const { return unit->plan->columns()[position]; }
  };
  std::vector<Place> places;
  for (Unit& unit : units_) {
    for (std::size_t c = 0; c < unit.columns.size(); ++c) {
      const std::size_t files = unit.columns[c].files.size();
      for (std::uint32_t i = 0; i < files; ++i) places.push_back({&unit, c, i});
    }
  }
  const ManifestBody& body = upload_.manifest.body();
  std::mutex mutex;
  std::optional<Error> failure;
  pool.for_each(places.size(), [&](std::size_t i) {
    if (base::stop_requested()) return;
    const Place& place = places[i];
    auto file =
        segments_.map(body.units[place.unit->index].segments[place.column()][place.segment]);
    const std::lock_guard lock(mutex);
    if (file.ok()) {
      place.unit->columns[place.position].files[place.segment] = std::move(*file);
    } else if (!failure.has_value()) {
      failure = file.take_error();
    }
  });
  CN_RETURN_IF_ERROR(base::check_stop());
  if (failure.has_value()) return std::move(*failure);
  for (const Place& place : places) {  // in chunk order
    Column& column = place.unit->columns[place.position];
    CN_ASSIGN(const auto chunks,
              columns::format::segment_chunks(upload_.manifest, place.unit->index, place.column(),
                                              place.segment, column.files[place.segment]->bytes()));
    column.chunks.insert(column.chunks.end(), chunks.begin(), chunks.end());
  }
  return base::ok();
}

std::vector<UnitBatch::Task> UnitBatch::cut(std::size_t threads) const {
  std::vector<Task> tasks;
  for (std::size_t u = 0; u < units_.size(); ++u) {
    const Unit& unit = units_[u];
    const std::size_t chunks = upload_.manifest.body().units[unit.index].chunks;
    for (const Column& column : unit.columns) CHECK(column.chunks.size() == chunks);
    const std::size_t most =
        std::clamp<std::size_t>(chunks / (kTasksPerThread * threads), 1, kTaskChunks);
    for (std::size_t first = 0; first < chunks; first += most) {
      tasks.push_back({&unit, u, first, std::min(most, chunks - first)});
    }
  }
  return tasks;
}

std::vector<Residues> UnitBatch::run_task(const Task& task) const {
  std::vector<std::span<const ByteView>> columns;
  for (const Column& column : task.unit->columns) {
    columns.push_back(std::span(column.chunks).subspan(task.first_chunk, task.chunks));
  }
  std::vector<Residues> partial(task.unit->plan->size());
  columns::total::partial_totals(upload_.manifest.parameters(), *task.unit->plan, columns, partial);
  return partial;
}

Status UnitBatch::check_pages() const {
  std::optional<Error> failure;
  for (const Unit& unit : units_) {
    const auto& segments = upload_.manifest.body().units[unit.index].segments;
    for (std::size_t c = 0; c < unit.columns.size(); ++c) {
      const auto& files = unit.columns[c].files;
      for (std::size_t i = 0; i < files.size(); ++i) {
        if (!files[i]->lost_pages()) continue;
        failure = segments_.condemn(segments[unit.plan->columns()[c]][i]);
      }
    }
  }
  if (failure.has_value()) return std::move(*failure);
  return base::ok();
}

Result<std::vector<std::vector<Residues>>> UnitBatch::run(base::ThreadPool& pool) {
  CN_RETURN_IF_ERROR(map_all(pool));
  const auto& set = upload_.manifest.parameters();
  std::vector<std::vector<Residues>> sums;
  for (const Unit& unit : units_) sums.emplace_back(unit.plan->size(), Residues{});
  const std::vector<Task> tasks = cut(pool.size());
  std::mutex mutex;
  pool.for_each(tasks.size(), [&](std::size_t t) {
    if (base::stop_requested()) return;
    const Task& task = tasks[t];
    const std::vector<Residues> partial = run_task(task);
    const std::lock_guard lock(mutex);
    bytes_read_ += task.unit->columns.size() * task.chunks * set.packed_bytes();
    for (std::size_t i = 0; i < partial.size(); ++i) {
      Residues& sum = sums[task.unit_position][i];
      sum = columns::total::merge(set, sum, partial[i]);
    }
  });
  CN_RETURN_IF_ERROR(base::check_stop());
  CN_RETURN_IF_ERROR(check_pages());
  return sums;
}

}  // namespace cryptonet::cloud::compute
