// SPDX-License-Identifier: Apache-2.0
// Pass "cost": what the cloud reads. Every column of the plan is read once per unit, whatever the
// number of pairs it stands in: chunks * packed bytes of a polynomial.
#include <algorithm>

#include "columns/format/totals.h"
#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {

using base::Error;
using base::ErrorCode;
using base::Result;

Result<Draft> cost_pass(Draft draft) {
  std::set<std::uint32_t> touched;
  std::size_t largest = 0;
  for (const PlannedPair& pair : draft.content.pairs) {
    const auto touch = [&](const columns::format::ColumnPair& part) {
      touched.insert(part.left);
      if (part.right != columns::format::kNoColumn) touched.insert(part.right);
    };
    touch(pair.pair.value());
    std::ranges::for_each(pair.pair.checks(), touch);
  }
  std::uint64_t chunks = 0;
  for (const PlannedVersion& version : draft.content.versions) {
    largest = std::max(largest, version.units.size());
    for (const std::uint32_t unit : version.units) {
      chunks += draft.dataset->versions[version.version_index].units[unit].chunks;
    }
  }
  PlanFigures& figures = draft.content.figures;
  if (figures.pairs * largest > columns::format::kMaxTotalsPerRequest) {
    return Error(ErrorCode::kRefused, "plan.too_large",
                 "the question needs " + std::to_string(figures.pairs * largest) +
                     " totals of one version; the limit is " +
                     std::to_string(columns::format::kMaxTotalsPerRequest),
                 "group by fewer columns, or narrow them in WHERE");
  }
  figures.bytes_read = chunks * touched.size() * draft.dataset->parameters->packed_bytes();
  draft.note("cost", counted(touched.size(), "stored column") + ", " +
                         std::to_string(figures.bytes_read) + " bytes read at the cloud");
  return draft;
}

}  // namespace cryptonet::gatekeeper::plan
