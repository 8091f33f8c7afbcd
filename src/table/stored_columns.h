// SPDX-License-Identifier: Apache-2.0
// Which encrypted columns a schema becomes, in which order, with which digits and bounds. A pure
// function of schema and parameter set, so contributor and gatekeeper compute the same list;
// position = column index of the manifest.
//
// Order: rows and its checks (one or two, by the set); weight and its checks (if declared); for
// each measure in schema order presence (if nullable) and its checks, weighted presence and its
// checks (if nullable and weighted), the digits of x, each followed by its checks, the digits of
// x^2 …; for each dimension or bins column that is no partition one indicator per group (followed
// by its checks when `paired`); for each cross one indicator per joint group, first dimension
// slowest. Totals over the R rows that a unit may have must stay below t/2: digits of x may meet
// each other, so R*d^2 < t/2; those of higher powers, and of x in a schema without products, meet
// only 0/1 columns, so R*|d| < t/2. Where one stored integer per value is too large, the value is
// split into the fewest balanced digits x = sum d_i * 2^(w*i), -2^(w-1) <= d_i < 2^(w-1) below the
// top one (docs/maths/encoding.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "columns/format/parameter_set.h"
#include "table/schema.h"

namespace cryptonet::table {

/// 128 bits, for powers of values; not ISO C++, so named once.
__extension__ typedef __int128 WideInteger;

enum class StoredKind : std::uint8_t {
  kRows,
  kWeight,
  kPresence,
  kWeightedPresence,
  kDigit,
  kIndicator
};

struct StoredColumn {
  StoredKind kind = StoredKind::kRows;
  std::uint32_t field =
      0;  ///< kPresence, kWeightedPresence, kDigit: schema column; kIndicator: index of the family
  std::uint32_t power = 0;  ///< kDigit: 1 for x, 2 for x^2 …
  std::uint32_t digit = 0;  ///< kDigit: 0 is the lowest
  std::uint32_t group = 0;  ///< kIndicator: code within its family
  std::int64_t low = 0;     ///< smallest and largest value of one row
  std::int64_t high = 0;
  std::optional<std::uint32_t> check_of = std::nullopt;  ///< this is the check column of that one
  std::uint32_t check = 0;                               ///< and is multiplied by this alpha
  std::optional<std::uint32_t> twin = std::nullopt;  ///< index of this column's first check column
};

/// A set of indicator columns of which exactly one is 1 in every row: a dimension, or a cross of
/// several.
struct IndicatorFamily {
  std::vector<std::uint32_t> fields;        ///< schema columns: one, or those of the cross in order
  std::vector<std::uint32_t> group_counts;  ///< groups of each field
  std::uint32_t first = 0;                  ///< stored column of code 0
  bool paired = false;                      ///< each indicator is followed by its checks
  std::uint32_t stride = 1;                 ///< stored columns per indicator
  std::uint32_t column_of(std::uint32_t code) const { return first + code * stride; }
};

struct DigitPlan {
  std::uint32_t first = 0;  ///< stored column of digit 0
  std::uint32_t count = 1;
  unsigned width_bits = 0;   ///< w; meaningless for one digit
  std::uint32_t stride = 2;  ///< a digit and its checks
  std::uint32_t column_of(std::uint32_t digit) const { return first + digit * stride; }
};

/// What of a parameter set decides the stored columns.
struct LayoutRules {
  std::uint64_t plaintext_modulus = 0;  ///< any odd number above 2
  unsigned checks = 1;                  ///< per checked column
  bool products = true;                 ///< false: no column is ever multiplied by another
};

class StoredLayout {
 public:
  /// kRefused when no split makes the totals fit, when the schema needs products that the set does
  /// not have, or when more columns arise than a manifest may have.
  static base::Result<StoredLayout> create(const Schema& schema,
                                           const columns::format::ParameterSet& set) {
    return create(schema,
                  LayoutRules{set.bgv.plaintext_modulus(), set.check_columns, set.products});
  }
  static base::Result<StoredLayout> create(const Schema& schema, const LayoutRules& rules);

  const std::vector<StoredColumn>& columns() const { return columns_; }
  const std::vector<IndicatorFamily>& families() const { return families_; }
  /// The family of exactly these schema columns in this order; nothing when none is stored.
  const IndicatorFamily* find_family(std::span<const std::uint32_t> fields) const;
  std::uint32_t rows_column() const { return 0; }
  std::optional<std::uint32_t> weight_column() const;
  std::optional<std::uint32_t> presence_column(std::uint32_t field) const;
  std::optional<std::uint32_t> weighted_presence_column(std::uint32_t field) const;
  /// The digits of field^power; nothing when that power is not stored.
  std::optional<DigitPlan> digits(std::uint32_t field, unsigned power) const;
  /// twins()[c]: the first check column of c; its others follow (columns::open::Twins).
  const std::vector<std::optional<std::uint32_t>>& twins() const { return twins_; }
  /// Check columns of each checked column.
  unsigned checks() const { return checks_; }
  /// Schema columns that partition the table, in the order of Schema::partition.
  const std::vector<std::uint32_t>& partition_fields() const { return partition_fields_; }

 private:
  friend class LayoutBuilder;
  StoredLayout() = default;
  std::vector<StoredColumn> columns_;
  std::vector<IndicatorFamily> families_;
  std::vector<std::optional<std::uint32_t>> twins_;
  unsigned checks_ = 1;
  std::vector<std::uint32_t> partition_fields_;
};

/// Splits a value into the balanced digits of a plan: out.size() == plan.count.
void split_digits(WideInteger value, const DigitPlan& plan, std::span<std::int64_t> out);

}  // namespace cryptonet::table
