// SPDX-License-Identifier: Apache-2.0
// Which pairs may be planned. A total M is accepted only beside its check C = alpha*M, and C exists
// only when exactly one side of the product is replaced by its check twin: two twins would give
// alpha^2 and freeze honest data, none would leave M unchecked. Names columns only; knows no key.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>

#include "columns/format/totals.h"

namespace cryptonet::columns::open {

/// twins[c] = index of column c's check column; nothing where c has none.
using Twins = std::span<const std::optional<std::uint32_t>>;

/// One side of a product. `tagged`: in the check total this side is replaced by its twin.
struct PairSide {
  std::uint32_t column = 0;
  bool tagged = false;
};

/// A total M together with its check C: admitted only when exactly one side is tagged and that side
/// has a twin.
class CheckedPair {
 public:
  /// kBadInput otherwise. `right` is missing for the sum of one column, which must then be tagged.
  static base::Result<CheckedPair> create(Twins twins, PairSide left,
                                          std::optional<PairSide> right);
  format::ColumnPair value() const { return value_; }
  format::ColumnPair check() const { return check_; }
  auto operator<=>(const CheckedPair&) const = default;

 private:
  CheckedPair(format::ColumnPair value, format::ColumnPair check) : value_(value), check_(check) {}
  format::ColumnPair value_;
  format::ColumnPair check_;
};

}  // namespace cryptonet::columns::open
