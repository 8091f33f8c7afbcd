// SPDX-License-Identifier: Apache-2.0
// The four ways to read a cell: as a measure, by a dictionary, as a part of a date, into bins.
#include "contributor/load/cell_reader.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "contributor/load/date_time.h"

namespace cryptonet::contributor::load {
namespace {

using table::ColumnSchema;
using table::DecimalError;
using table::ParsedDecimal;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

BadCell null_cell(std::size_t row) {
  return {row, "cell.null", "the cell is NULL and the column is not nullable",
          "set nullable = true, or fill the cell"};
}

ParsedDecimal scaled_integer(std::int64_t value, unsigned decimals) {
  for (unsigned i = 0; i < decimals; ++i) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) {
      return {0, DecimalError::kOverflow};
    }
  }
  return {value, DecimalError::kNone};
}

/// What a cell says as text, for dictionaries of texts; empty `scratch` is reused memory.
std::string_view text_of(const RawColumn& raw, std::size_t row, std::string& scratch) {
  switch (raw.kind) {
    case RawKind::kText:
      return raw.text_at(row);
    case RawKind::kInteger:
      scratch = std::to_string(raw.integers[row]);
      return scratch;
    case RawKind::kBoolean:
      return raw.integers[row] != 0 ? "true" : "false";
    case RawKind::kReal:
      scratch = shortest_text(raw.reals[row], raw.single_precision);
      return scratch;
    case RawKind::kInstant:
    case RawKind::kUnsupported:
      break;
  }
  return {};
}

class MeasureReader final : public CellReader {
 public:
  explicit MeasureReader(const ColumnSchema& column) : column_(column) {}

  std::optional<BadCell> read(const RawColumn& raw, std::size_t rows, ClearColumn& out) override {
    out.values.assign(rows, 0);
    if (column_.nullable) out.present.assign(rows, 1);
    for (std::size_t row = 0; row < rows; ++row) {
      if (raw.is_null(row)) {
        if (!column_.nullable) return null_cell(row);
        out.present[row] = 0;
        continue;
      }
      const ParsedDecimal number = number_at(raw, row, column_.decimals);
      const bool outside = number.error == DecimalError::kOverflow ||
                           (number.error == DecimalError::kNone &&
                            (number.scaled < column_.min || number.scaled > column_.max));
      if (outside) return outside_range(row);
      if (number.error != DecimalError::kNone) return not_exact(row, number.error);
      out.values[row] = number.scaled;
    }
    return std::nullopt;
  }

 private:
  BadCell outside_range(std::size_t row) const {
    return {row, "cell.range",
            "the value is outside the declared range [" +
                table::decimal_text(column_.min, column_.decimals) + ", " +
                table::decimal_text(column_.max, column_.decimals) + "]",
            "widen min and max in the schema, or repair the cell"};
  }
  BadCell not_exact(std::size_t row, DecimalError error) const {
    if (error == DecimalError::kTooManyDecimals) {
      return {
          row, "cell.decimals",
          "the value has more than the " + std::to_string(column_.decimals) + " decimals declared",
          "raise decimals in the schema, or round the column"};
    }
    return {row, "cell.number", "the value is not a decimal number",
            "make the column a dimension, or leave the field empty for NULL"};
  }
  const ColumnSchema column_;
};

class DimensionReader final : public CellReader {
 public:
  explicit DimensionReader(const ColumnSchema& column)
      : other_(column.other), nullable_(column.nullable) {
    for (const table::Category& category : column.categories) {
      if (const auto* whole = std::get_if<std::int64_t>(&category)) {
        integers_.emplace(*whole, code_count_++);
      } else {
        texts_.emplace(std::get<std::string>(category), code_count_++);
      }
    }
    other_code_ = code_count_;
    null_code_ = code_count_ + (other_ ? 1 : 0);
  }

  std::optional<BadCell> read(const RawColumn& raw, std::size_t rows, ClearColumn& out) override {
    if (raw.kind == RawKind::kInstant) {
      return BadCell{0, "cell.type", "the column holds dates, which make no dictionary",
                     "add part = \"year\", \"quarter\", \"month\", \"weekday\" or \"hour\""};
    }
    out.values.assign(rows, 0);
    for (std::size_t row = 0; row < rows; ++row) {
      if (raw.is_null(row)) {
        if (!nullable_) return null_cell(row);
        out.values[row] = null_code_;
        continue;
      }
      const std::int64_t code = integers_.empty() ? text_code(raw, row) : integer_code(raw, row);
      if (code < 0 && !other_) {
        return BadCell{row, "cell.dictionary", "the value is not in the declared categories",
                       "add it to categories, set other = true, or repair the cell"};
      }
      out.values[row] = code < 0 ? other_code_ : code;
    }
    return std::nullopt;
  }

 private:
  std::int64_t integer_code(const RawColumn& raw, std::size_t row) const {
    const ParsedDecimal number = number_at(raw, row, 0);
    if (number.error != DecimalError::kNone) return -1;
    const auto found = integers_.find(number.scaled);
    return found == integers_.end() ? -1 : found->second;
  }
  std::int64_t text_code(const RawColumn& raw, std::size_t row) {
    const auto found = texts_.find(text_of(raw, row, scratch_));
    return found == texts_.end() ? -1 : found->second;
  }

  bool other_;
  bool nullable_;
  std::int64_t code_count_ = 0;
  std::int64_t other_code_ = 0;
  std::int64_t null_code_ = 0;
  std::unordered_map<std::int64_t, std::int64_t> integers_;
  std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>> texts_;
  std::string scratch_;
};

class PartReader final : public CellReader {
 public:
  explicit PartReader(const ColumnSchema& column) : column_(column) {
    const auto range = table::part_range(column.part);
    if (range) first_ = range->first;
    for (std::size_t i = 0; i < column.categories.size(); ++i) {
      years_.emplace(std::get<std::int64_t>(column.categories[i]), static_cast<std::int64_t>(i));
    }
    null_code_ = static_cast<std::int64_t>(table::group_count(column)) - 1;
    other_code_ = static_cast<std::int64_t>(column.categories.size());
  }

  std::optional<BadCell> read(const RawColumn& raw, std::size_t rows, ClearColumn& out) override {
    if (raw.kind != RawKind::kText && raw.kind != RawKind::kInstant) {
      return BadCell{0, "cell.type", "the column holds no dates", "remove 'part'"};
    }
    out.values.assign(rows, 0);
    for (std::size_t row = 0; row < rows; ++row) {
      if (raw.is_null(row)) {
        if (!column_.nullable) return null_cell(row);
        out.values[row] = null_code_;
        continue;
      }
      const auto instant = raw.kind == RawKind::kInstant
                               ? std::optional(instant_of(raw.integers[row], raw.ticks_per_day))
                               : parse_instant(trimmed(raw.text_at(row)));
      // Days past 10^6 (the year 4707) or before -10^6 are no dates that a calendar knows.
      if (!instant || std::abs(instant->day) > 1'000'000) {
        return BadCell{row, "cell.date", "the value is not a date",
                       "write dates as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"};
      }
      const std::int64_t part = part_of(*instant, column_.part);
      if (column_.part != table::DatePart::kYear) {
        out.values[row] = part - first_;
        continue;
      }
      const auto found = years_.find(part);
      if (found == years_.end() && !column_.other) {
        return BadCell{row, "cell.dictionary", "the year is not in the declared categories",
                       "add it to categories, or set other = true"};
      }
      out.values[row] = found == years_.end() ? other_code_ : found->second;
    }
    return std::nullopt;
  }

 private:
  const ColumnSchema column_;
  std::int64_t first_ = 0;
  std::int64_t null_code_ = 0;
  std::int64_t other_code_ = 0;
  std::unordered_map<std::int64_t, std::int64_t> years_;
};

class BinsReader final : public CellReader {
 public:
  explicit BinsReader(const ColumnSchema& column) : column_(column) {}

  std::optional<BadCell> read(const RawColumn& raw, std::size_t rows, ClearColumn& out) override {
    out.values.assign(rows, 0);
    const auto bins = static_cast<std::int64_t>(column_.edges.size());
    for (std::size_t row = 0; row < rows; ++row) {
      if (raw.is_null(row)) {
        if (!column_.nullable) return null_cell(row);
        out.values[row] = bins + 1;
        continue;
      }
      // Edges are whole at this scale, so cutting the rest towards minus infinity moves no value
      // over an edge.
      ParsedDecimal number = number_at(raw, row, column_.decimals);
      if (number.error == DecimalError::kTooManyDecimals) {
        out.finer = true;
        number = number_at(raw, row, column_.decimals, true);
      }
      if (number.error == DecimalError::kNotANumber) {
        return BadCell{row, "cell.number", "the value is not a decimal number",
                       "make the column a dimension, or leave the field empty for NULL"};
      }
      if (number.error == DecimalError::kOverflow) {
        out.values[row] = is_negative(raw, row) ? 0 : bins;
        continue;
      }
      const auto above =
          std::upper_bound(column_.edges.begin(), column_.edges.end(), number.scaled);
      out.values[row] = above - column_.edges.begin();
    }
    return std::nullopt;
  }

 private:
  static bool is_negative(const RawColumn& raw, std::size_t row) {
    if (raw.kind == RawKind::kReal) return raw.reals[row] < 0;
    if (raw.kind == RawKind::kText) return trimmed(raw.text_at(row)).starts_with('-');
    return raw.integers[row] < 0;
  }
  const ColumnSchema column_;
};

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

ParsedDecimal number_at(const RawColumn& raw, std::size_t row, unsigned decimals, bool round_down) {
  switch (raw.kind) {
    case RawKind::kText:
      return table::scan_decimal(trimmed(raw.text_at(row)), decimals, round_down);
    case RawKind::kInteger:
    case RawKind::kBoolean:
      return scaled_integer(raw.integers[row], decimals);
    case RawKind::kReal: {
      const double value = raw.reals[row];
      // Whole numbers below 2^53 are exact as they stand.
      if (std::abs(value) < 9007199254740992.0 && std::floor(value) == value) {
        return scaled_integer(static_cast<std::int64_t>(value), decimals);
      }
      return table::scan_decimal(shortest_text(value, raw.single_precision), decimals, round_down);
    }
    case RawKind::kInstant:
    case RawKind::kUnsupported:
      break;
  }
  return {0, DecimalError::kNotANumber};
}

std::unique_ptr<CellReader> make_measure_reader(const ColumnSchema& column) {
  return std::make_unique<MeasureReader>(column);
}
std::unique_ptr<CellReader> make_dimension_reader(const ColumnSchema& column) {
  return std::make_unique<DimensionReader>(column);
}
std::unique_ptr<CellReader> make_part_reader(const ColumnSchema& column) {
  return std::make_unique<PartReader>(column);
}
std::unique_ptr<CellReader> make_bins_reader(const ColumnSchema& column) {
  return std::make_unique<BinsReader>(column);
}

}  // namespace cryptonet::contributor::load
