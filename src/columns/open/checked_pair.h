// SPDX-License-Identifier: Apache-2.0
// Which pairs may be planned. A total M is accepted only beside its checks C_i = alpha_i*M, one for
// each alpha of the parameter set, and C_i exists only when exactly one side of the product is
// replaced by its check twin: two twins would give alpha^2 and freeze honest data, none would leave
// M unchecked. Names columns only; knows no key.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "columns/format/totals.h"

namespace cryptonet::columns::open {

/// twins[c] = index of column c's first check column; nothing where c has none. Its other check
/// columns follow that one.
struct Twins {
  // not explicit: a list of twins is one where every column has one check
  Twins(const std::vector<std::optional<std::uint32_t>>& first_twins, unsigned checks_each = 1)
      : first(first_twins), checks(checks_each) {}
  std::span<const std::optional<std::uint32_t>> first;
  unsigned checks;  ///< per checked column
};

/// One side of a product. `tagged`: in the check total this side is replaced by its twin.
struct PairSide {
  std::uint32_t column = 0;
  bool tagged = false;
};

/// A total M together with its checks C_i: admitted only when exactly one side is tagged and that
/// side has its twins.
class CheckedPair {
 public:
  /// kBadInput otherwise. `right` is missing for the sum of one column, which must then be tagged.
  static base::Result<CheckedPair> create(Twins twins, PairSide left,
                                          std::optional<PairSide> right);
  format::ColumnPair value() const { return value_; }
  /// As many as the set has check columns.
  std::span<const format::ColumnPair> checks() const { return {checks_.data(), count_}; }
  format::ColumnPair check(std::size_t i = 0) const { return checks()[i]; }
  auto operator<=>(const CheckedPair&) const = default;

 private:
  explicit CheckedPair(format::ColumnPair value) : value_(value) {}
  format::ColumnPair value_;
  std::size_t count_ = 0;
  std::array<format::ColumnPair, format::kMaxChecks> checks_{};
};

}  // namespace cryptonet::columns::open
