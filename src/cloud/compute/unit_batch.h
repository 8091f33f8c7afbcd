// SPDX-License-Identifier: Apache-2.0
// Sums over whole units, before blinding: what is wanted of several units is cut into tasks of
// (unit, range of chunks), which threads take in any order; partial sums are merged by addition,
// which is exact. Used by Totals alone, on one thread; run spreads over the pool.
#pragma once

#include <memory>
#include <vector>

#include "base/threads.h"
#include "cloud/store/store.h"
#include "columns/total/product_plan.h"

namespace cryptonet::cloud::compute {

class UnitBatch {
 public:
  UnitBatch(store::Segments& segments, const store::Upload& upload)
      : segments_(segments), upload_(upload) {}
  /// kBadInput when a segment that the pairs need is not there.
  base::Status add(std::uint32_t unit, std::span<const columns::format::ColumnPair> pairs);
  /// For each added unit its sums, in the order of its pairs. kIntegrity for damage on disk.
  base::Result<std::vector<std::vector<columns::format::Residues>>> run(base::ThreadPool& pool);
  /// After run: bytes that were read, each column once.
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  /// One column over one unit, and the maps that hold its chunks in memory.
  struct Column {
    std::vector<std::shared_ptr<const base::MappedFile>> files;
    std::vector<base::ByteView> chunks;
  };
  struct Unit {
    std::uint32_t index = 0;
    std::shared_ptr<const columns::total::ProductPlan> plan;
    std::vector<Column> columns;  ///< those of the plan
  };
  struct Task {
    const Unit* unit = nullptr;
    std::size_t unit_position = 0;
    std::size_t first_chunk = 0;
    std::size_t chunks = 0;
  };
  base::Status map_all(base::ThreadPool& pool);
  std::vector<Task> cut(std::size_t threads) const;
  std::vector<columns::format::Residues> run_task(const Task& task) const;
  /// kIntegrity when a page of a mapped file went missing: then sums over it are nothing.
  base::Status check_pages() const;

  store::Segments& segments_;
  const store::Upload& upload_;
  std::vector<Unit> units_;
  std::vector<columns::format::ColumnPair> last_pairs_;  ///< of the unit that was added last
  std::uint64_t bytes_read_ = 0;
};

}  // namespace cryptonet::cloud::compute
