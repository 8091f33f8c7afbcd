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
  if (left.column >= twins.first.size() || (right && right->column >= twins.first.size())) {
    return refuse("a column does not exist");
  }
  const bool right_tagged = right && right->tagged;
  if (left.tagged && right_tagged)
    return refuse("both sides are tagged, which gives alpha squared");
  if (!left.tagged && !right_tagged) return refuse("neither side is tagged");
  const PairSide tagged = left.tagged ? left : *right;
  const auto twin = twins.first[tagged.column];
  CHECK(twins.checks >= 1 && twins.checks <= format::kMaxChecks);
  if (!twin || *twin + twins.checks > twins.first.size()) {
    return refuse("the tagged side has no check column");
  }
  const auto beside = [&](std::uint32_t column) {
    if (!right) return format::make_pair(column);
    return format::make_pair(column, left.tagged ? right->column : left.column);
  };
  CheckedPair pair(beside(tagged.column));
  for (; pair.count_ < twins.checks; ++pair.count_) {
    pair.checks_[pair.count_] = beside(*twin + static_cast<std::uint32_t>(pair.count_));
  }
  return pair;
}

}  // namespace cryptonet::columns::open
