// SPDX-License-Identifier: Apache-2.0
// A column is a number, a date or a boolean until a cell says otherwise; text is what is left.
#include "contributor/load/column_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "contributor/load/cell_reader.h"
#include "contributor/load/date_time.h"
#include "table/decimal.h"

namespace cryptonet::contributor::load {
namespace {

constexpr unsigned kRegisterBits = 14;

std::uint64_t spread(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// A zero before another digit: a code ("01234"), which as a number would lose it.
bool looks_like_a_code(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

/// value * 10^places, or false on overflow.
bool scale_up(std::int64_t& value, unsigned places) {
  for (unsigned i = 0; i < places; ++i) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return false;
  }
  return true;
}

}  // namespace

ColumnStatistics::ColumnStatistics() : registers_(std::size_t{1} << kRegisterBits) {}

void ColumnStatistics::add(const RawColumn& column, std::size_t rows) {
  rows_ += rows;
  for (std::size_t row = 0; row < rows; ++row) {
    if (column.is_null(row)) {
      ++nulls_;
      continue;
    }
    switch (column.kind) {
      case RawKind::kText:
        add_text(column.text_at(row));
        break;
      case RawKind::kInteger:
        dates_ = booleans_ = false;
        add_scaled(column.integers[row], 0);
        if (!many_distinct_) add_distinct(std::to_string(column.integers[row]));
        add_hash(static_cast<std::uint64_t>(column.integers[row]));
        break;
      case RawKind::kReal: {
        dates_ = booleans_ = false;
        const double value = column.reals[row];
        if (std::abs(value) < 9007199254740992.0 && std::floor(value) == value) {
          add_scaled(static_cast<std::int64_t>(value), 0);
        } else {
          add_number(shortest_text(value, column.single_precision));
        }
        add_hash(std::hash<double>()(value));
        if (!many_distinct_) add_distinct(shortest_text(value, column.single_precision));
        break;
      }
      case RawKind::kBoolean:
        numbers_ = dates_ = false;
        add_distinct(column.integers[row] != 0 ? "true" : "false");
        break;
      case RawKind::kInstant:
        numbers_ = booleans_ = false;
        add_instant(column, row);
        break;
      case RawKind::kUnsupported:
        numbers_ = dates_ = booleans_ = false;
        break;
    }
  }
}

void ColumnStatistics::add_text(std::string_view text) {
  const std::string_view bare = trimmed(text);
  if (booleans_ && bare != "true" && bare != "false") booleans_ = false;
  if (numbers_) {
    if (looks_like_a_code(bare)) numbers_ = false;
    if (numbers_) add_number(bare);
  }
  if (dates_) {
    const auto instant = parse_instant(bare);
    dates_ = instant.has_value();
    if (instant) {
      has_time_ |= instant->has_time;
      if (years_.size() <= kMaxDistinct) years_.insert(part_of(*instant, table::DatePart::kYear));
    }
  }
  if (!many_distinct_) add_distinct(text);
  add_hash(std::hash<std::string_view>()(text));
}

void ColumnStatistics::add_number(std::string_view text) {
  const auto needed = table::decimals_needed(text);
  if (!needed) {
    numbers_ = false;
    return;
  }
  const table::ParsedDecimal number = table::scan_decimal(text, *needed);
  if (*needed > table::kMaxDecimals || number.error != table::DecimalError::kNone) {
    decimals_ = std::max(decimals_, std::min(*needed, table::kMaxDecimals + 1));
    overflow_ |= number.error != table::DecimalError::kNone;
    return;
  }
  add_scaled(number.scaled, *needed);
}

void ColumnStatistics::add_scaled(std::int64_t value, unsigned decimals) {
  if (decimals > decimals_) {
    const unsigned more = decimals - decimals_;
    if (decimals_ <= table::kMaxDecimals)
      overflow_ |= !scale_up(min_, more) || !scale_up(max_, more);
    decimals_ = decimals;
  } else {
    overflow_ |= !scale_up(value, decimals_ - decimals);
  }
  if (overflow_) return;
  min_ = any_number_ ? std::min(min_, value) : value;
  max_ = any_number_ ? std::max(max_, value) : value;
  any_number_ = true;
}

void ColumnStatistics::add_instant(const RawColumn& column, std::size_t row) {
  const Instant instant = instant_of(column.integers[row], column.ticks_per_day);
  if (std::abs(instant.day) > 1'000'000) {
    dates_ = false;
    return;
  }
  has_time_ |= instant.has_time;
  if (years_.size() <= kMaxDistinct) years_.insert(part_of(instant, table::DatePart::kYear));
}

void ColumnStatistics::add_distinct(std::string_view text) {
  if (many_distinct_) return;
  if (text.size() > table::kMaxNameBytes) {
    many_distinct_ = true;
  } else {
    distinct_.emplace(text);
    many_distinct_ = distinct_.size() > kMaxDistinct;
  }
  if (many_distinct_) distinct_.clear();
}

void ColumnStatistics::add_hash(std::uint64_t hash) {
  const std::uint64_t mixed = spread(hash);
  const std::uint64_t rest = (mixed << kRegisterBits) | (std::uint64_t{1} << (kRegisterBits - 1));
  auto& entry = registers_[mixed >> (64 - kRegisterBits)];
  entry = std::max(entry, static_cast<std::uint8_t>(__builtin_clzll(rest) + 1));
}

std::uint64_t ColumnStatistics::distinct_estimate() const {
  if (!many_distinct_) return distinct_.size();
  const auto count = static_cast<double>(registers_.size());
  double sum = 0;
  double empty = 0;
  for (const std::uint8_t entry : registers_) {
    sum += std::ldexp(1.0, -static_cast<int>(entry));
    empty += entry == 0 ? 1 : 0;
  }
  double estimate = 0.7213 / (1 + 1.079 / count) * count * count / sum;
  if (estimate <= 2.5 * count && empty > 0) estimate = count * std::log(count / empty);
  return static_cast<std::uint64_t>(estimate);
}

}  // namespace cryptonet::contributor::load
