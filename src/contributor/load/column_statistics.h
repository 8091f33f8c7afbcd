// SPDX-License-Identifier: Apache-2.0
// What all rows of one source column have in common: kind, range, decimals, NULLs, distinct values.
// Bounded memory: at most kMaxDistinct values are kept; beyond that only their number is estimated
// (HyperLogLog, 2^14 registers, standard error 0.8 %).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "contributor/load/raw_batch.h"

namespace cryptonet::contributor::load {

inline constexpr std::size_t kMaxDistinct = 64;

class ColumnStatistics {
 public:
  ColumnStatistics();
  void add(const RawColumn& column, std::size_t rows);

  std::uint64_t rows() const { return rows_; }
  std::uint64_t nulls() const { return nulls_; }
  bool only_nulls() const { return rows_ == nulls_; }

  /// Every cell that is not NULL is a number that some scale holds exactly.
  bool numbers() const { return numbers_ && decimals_ <= 15 && !overflow_; }
  /// Every cell is a number, but no scale holds them all.
  bool inexact_numbers() const { return numbers_ && (decimals_ > 15 || overflow_); }
  unsigned decimals() const { return decimals_; }
  std::int64_t min() const { return min_; }  ///< scaled
  std::int64_t max() const { return max_; }

  bool dates() const { return dates_; }
  bool has_time() const { return has_time_; }
  const std::set<std::int64_t>& years() const { return years_; }
  bool booleans() const { return booleans_; }

  /// All values as text; meaningful unless many_distinct().
  const std::set<std::string>& distinct() const { return distinct_; }
  bool many_distinct() const { return many_distinct_; }
  std::uint64_t distinct_estimate() const;

 private:
  void add_number(std::string_view text);
  void add_scaled(std::int64_t value, unsigned decimals);
  void add_text(std::string_view text);
  void add_instant(const RawColumn& column, std::size_t row);
  void add_distinct(std::string_view text);
  void add_hash(std::uint64_t hash);

  std::uint64_t rows_ = 0;
  std::uint64_t nulls_ = 0;
  bool numbers_ = true;
  bool overflow_ = false;
  bool any_number_ = false;
  unsigned decimals_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  bool dates_ = true;
  bool has_time_ = false;
  std::set<std::int64_t> years_;
  bool booleans_ = true;
  std::set<std::string> distinct_;
  bool many_distinct_ = false;
  std::vector<std::uint8_t> registers_;
};

}  // namespace cryptonet::contributor::load
