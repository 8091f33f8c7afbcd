// SPDX-License-Identifier: Apache-2.0
#include "columns/open/checked_pair.h"

#include <string>

namespace cryptonet::columns::open {
namespace {
base::Error refuse(const std::string& why) {
  return base::Error(base::ErrorCode::kBadInput, "plan.pair", "a total cannot be checked: " + why);
}
}  // namespace

base::Result<CheckedPair> CheckedPair::create(Twins twins, PairSide left,
                                              std::optional<PairSide> right) {
  if (left.column >= twins.size() || (right && right->column >= twins.size())) {
    return refuse("a column does not exist");
  }
  const bool right_tagged = right && right->tagged;
  if (left.tagged && right_tagged)
    return refuse("both sides are tagged, which gives alpha squared");
  if (!left.tagged && !right_tagged) return refuse("neither side is tagged");
  const PairSide tagged = left.tagged ? left : *right;
  const auto twin = twins[tagged.column];
  if (!twin || *twin >= twins.size()) return refuse("the tagged side has no check column");
  if (!right) {
    return CheckedPair(format::make_pair(left.column), format::make_pair(*twin));
  }
  const std::uint32_t plain = left.tagged ? right->column : left.column;
  return CheckedPair(format::make_pair(tagged.column, plain), format::make_pair(*twin, plain));
}

}  // namespace cryptonet::columns::open
