// SPDX-License-Identifier: Apache-2.0
// Counting. Distinct persons are kept as 64-bit keyed hashes mixed with their cell: two of 30
// million different ones meet with probability 2^-15 or so, and then one person fewer is counted.
#include "contributor/encrypt/census.h"

#include <algorithm>

namespace cryptonet::contributor::encrypt {
namespace {

/// 384 MB of hashes; the encryptor needs that memory only later.
constexpr std::uint64_t kMaxMet = 48'000'000;

/// A bijection of 64 bits that spreads every bit (the finaliser of splitmix64).
std::uint64_t spread(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

JointCode::JointCode(const table::Schema& schema, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const table::ColumnSchema* column = schema.find(name);
    CHECK(column != nullptr);
    fields_.push_back(static_cast<std::size_t>(column - schema.columns.data()));
    counts_.push_back(table::group_count(*column));
  }
}

std::uint64_t JointCode::of(const load::ClearBatch& batch, std::size_t row) const {
  std::uint64_t code = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    code = code * counts_[i] + static_cast<std::uint64_t>(batch.columns[fields_[i]].values[row]);
  }
  return code;
}

std::vector<std::uint32_t> JointCode::parts(std::uint64_t code) const {
  std::vector<std::uint32_t> out(counts_.size());
  for (std::size_t i = counts_.size(); i-- > 0;) {
    out[i] = static_cast<std::uint32_t>(code % counts_[i]);
    code /= counts_[i];
  }
  return out;
}

CensusTaker::CensusTaker(const table::Schema& schema)
    : partition_(schema, schema.partition), lattice_(schema, schema.lattice) {
  if (schema.person && !lattice_.empty()) met_.resize(1U << 16);
}

base::Status CensusTaker::add(const load::ClearBatch& batch) {
  for (std::size_t row = 0; row < batch.rows; ++row) {
    const bool real = batch.weights.empty() || batch.weights[row] == 1;
    UnitCount& unit = census_.units[partition_.of(batch, row)];
    if (unit.rows == 0) unit.first_row = batch.first_row + row;
    unit.last_row = batch.first_row + row;
    ++unit.rows;
    unit.real_rows += real ? 1 : 0;
    if (!real || lattice_.empty()) continue;
    const std::uint64_t cell = lattice_.of(batch, row);
    std::uint64_t& persons = persons_[cell];
    if (batch.persons.empty() || is_new_person(cell, batch.persons[row])) ++persons;
  }
  census_.finer.resize(batch.columns.size());
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (batch.columns[i].finer) census_.finer[i] = true;
  }
  census_.rows += batch.rows;
  if (met_count_ <= kMaxMet) return base::ok();
  return base::Error(base::ErrorCode::kRefused, "encrypt.persons",
                     "more than " + std::to_string(kMaxMet) +
                         " persons and cells of the lattice cannot be counted exactly",
                     "declare a smaller lattice, or split the table into several uploads");
}

bool CensusTaker::is_new_person(std::uint64_t cell, std::uint64_t person) {
  std::uint64_t key = spread(person + spread(cell + 1));
  if (key == 0) key = 1;
  if (4 * (met_count_ + 1) > 3 * met_.size()) grow();
  std::size_t place = key & (met_.size() - 1);
  while (met_[place] != 0) {
    if (met_[place] == key) return false;
    place = (place + 1) & (met_.size() - 1);
  }
  met_[place] = key;
  ++met_count_;
  return true;
}

void CensusTaker::grow() {
  std::vector<std::uint64_t> larger(met_.size() * 2);
  for (const std::uint64_t key : met_) {
    if (key == 0) continue;
    std::size_t place = key & (larger.size() - 1);
    while (larger[place] != 0) place = (place + 1) & (larger.size() - 1);
    larger[place] = key;
  }
  met_ = std::move(larger);
}

Census CensusTaker::finish() && {
  for (const auto& [cell, persons] : persons_) {
    census_.lattice.push_back({lattice_.parts(cell), persons});
  }
  return std::move(census_);
}

}  // namespace cryptonet::contributor::encrypt
