// SPDX-License-Identifier: Apache-2.0
// The first reading of a table: every cell is checked against the schema, and rows are counted per
// unit and persons per cell of the lattice. What is learned here decides, before anything is
// encrypted, whether the table fits its limits and the disk.
#pragma once

#include <map>
#include <vector>

#include "contributor/load/clear_reader.h"
#include "table/legend.h"

namespace cryptonet::contributor::encrypt {

/// The groups of several dimensions as one number, the first of them slowest.
class JointCode {
 public:
  JointCode(const table::Schema& schema, const std::vector<std::string>& names);
  std::uint64_t of(const load::ClearBatch& batch, std::size_t row) const;
  std::vector<std::uint32_t> parts(std::uint64_t code) const;
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<std::size_t> fields_;
  std::vector<std::uint64_t> counts_;
};

struct UnitCount {
  std::uint64_t rows = 0;
  std::uint64_t real_rows = 0;  ///< of weight 1
  std::uint64_t first_row = 0;  ///< of the whole table, from 0
  std::uint64_t last_row = 0;
};

struct Census {
  std::uint64_t rows = 0;
  std::map<std::uint64_t, UnitCount> units;  ///< by the joint code of the partition
  std::vector<table::LatticeCell> lattice;   ///< non-empty cells in code order
  std::vector<bool> finer;                   ///< per schema column: ClearColumn::finer in any batch
};

/// kRefused when more different persons occur than can be counted exactly.
class CensusTaker {
 public:
  explicit CensusTaker(const table::Schema& schema);
  base::Status add(const load::ClearBatch& batch);
  Census finish() &&;

 private:
  bool is_new_person(std::uint64_t cell, std::uint64_t person);
  void grow();

  JointCode partition_;
  JointCode lattice_;
  Census census_;
  std::map<std::uint64_t, std::uint64_t> persons_;
  // (cell, person) pairs met so far: open addressing, 0 = free.
  std::vector<std::uint64_t> met_;
  std::uint64_t met_count_ = 0;
};

}  // namespace cryptonet::contributor::encrypt
