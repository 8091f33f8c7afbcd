// SPDX-License-Identifier: Apache-2.0
// Mapping comes first and on all threads, because the first use of a segment after a start hashes
// it.
#include "cloud/compute/unit_batch.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

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
}  // namespace

Status UnitBatch::add(std::uint32_t unit_index, std::span<const ColumnPair> pairs) {
  const ManifestBody& body = upload_.manifest.body();
  Unit unit;
  unit.index = unit_index;
  unit.wanted = pairs.size();
  unit.passes = group_into_passes(pairs);
  std::set<std::uint32_t> needed;
  for (const Pass& pass : unit.passes) {
    needed.insert(pass.value);
    needed.insert(pass.others.begin(), pass.others.end());
  }
  for (const std::uint32_t column : needed) {
    const auto& names = body.units[unit_index].segments[column];
    for (const base::Digest& name : names) {
      if (segments_.knows(body.upload, name)) continue;
      return Error(ErrorCode::kBadInput, "totals.incomplete",
                   "segments of upload " + body.upload.hex() +
                       " that this question needs are not at the cloud",
                   "finish it: cryptonet upload DIR");
    }
    unit.columns[column].files.resize(names.size());
  }
  units_.push_back(std::move(unit));
  return base::ok();
}

Status UnitBatch::map_all(base::ThreadPool& pool) {
  struct Place {
    Unit* unit;
    std::uint32_t column;
    std::uint32_t segment;
  };
  std::vector<Place> places;
  for (Unit& unit : units_) {
    for (auto& [column, mapped] : unit.columns) {
      for (std::uint32_t i = 0; i < mapped.files.size(); ++i) places.push_back({&unit, column, i});
    }
  }
  const ManifestBody& body = upload_.manifest.body();
  std::mutex mutex;
  std::optional<Error> failure;
  pool.for_each(places.size(), [&](std::size_t i) {
    if (base::stop_requested()) return;
    const Place& place = places[i];
    auto file = segments_.map(body.units[place.unit->index].segments[place.column][place.segment]);
    const std::lock_guard lock(mutex);
    if (file.ok()) {
      place.unit->columns[place.column].files[place.segment] = std::move(*file);
    } else if (!failure.has_value()) {
      failure = file.take_error();
    }
  });
  CN_RETURN_IF_ERROR(base::check_stop());
  if (failure.has_value()) return std::move(*failure);
  for (const Place& place : places) {  // in chunk order
    Column& column = place.unit->columns[place.column];
    CN_ASSIGN(const auto chunks,
              columns::format::segment_chunks(upload_.manifest, place.unit->index, place.column,
                                              place.segment, column.files[place.segment]->bytes()));
    column.chunks.insert(column.chunks.end(), chunks.begin(), chunks.end());
  }
  return base::ok();
}

std::vector<UnitBatch::Task> UnitBatch::cut() const {
  std::vector<Task> tasks;
  for (std::size_t u = 0; u < units_.size(); ++u) {
    const Unit& unit = units_[u];
    const std::size_t chunks = upload_.manifest.body().units[unit.index].chunks;
    for (const auto& [index, column] : unit.columns) CHECK(column.chunks.size() == chunks);
    for (const Pass& pass : unit.passes) {
      for (std::size_t first = 0; first < chunks; first += kTaskChunks) {
        tasks.push_back({&unit, u, &pass, first, std::min(kTaskChunks, chunks - first), {}});
      }
    }
  }
  return tasks;
}

void UnitBatch::run_task(Task& task) const {
  const auto& set = upload_.manifest.parameters();
  const auto range_of = [&](std::uint32_t column) {
    return std::span<const ByteView>(task.unit->columns.at(column).chunks)
        .subspan(task.first_chunk, task.chunks);
  };
  const auto value = range_of(task.pass->value);
  if (task.pass->others.empty()) {
    task.partial = {columns::total::partial_total(set, value, {})};
    return;
  }
  std::vector<std::span<const ByteView>> others;
  for (const std::uint32_t column : task.pass->others) others.push_back(range_of(column));
  task.partial.resize(others.size());
  columns::total::partial_totals_row(set, value, others, task.partial);
}

Result<std::vector<std::vector<Residues>>> UnitBatch::run(base::ThreadPool& pool) {
  CN_RETURN_IF_ERROR(map_all(pool));
  std::vector<Task> tasks = cut();
  pool.for_each(tasks.size(), [&](std::size_t i) {
    if (!base::stop_requested()) run_task(tasks[i]);
  });
  CN_RETURN_IF_ERROR(base::check_stop());
  const auto& set = upload_.manifest.parameters();
  std::vector<std::vector<Residues>> sums;
  for (const Unit& unit : units_) sums.emplace_back(unit.wanted, Residues{});
  for (const Task& task : tasks) {
    bytes_read_ += (task.pass->others.size() + 1) * task.chunks * set.packed_bytes();
    for (std::size_t i = 0; i < task.partial.size(); ++i) {
      Residues& sum = sums[task.unit_position][task.pass->positions[i]];
      sum = columns::total::merge(set, sum, task.partial[i]);
    }
  }
  return sums;
}

}  // namespace cryptonet::cloud::compute
