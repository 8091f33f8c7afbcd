// SPDX-License-Identifier: Apache-2.0
// Pass "bound": refuses a plan that could wrap around or decrypt wrongly. For every pair, over the
// largest unit that is asked: rows * max |value of one row| <= (t-1)/2, so that the centred residue
// mod t is the total; and the bound of the phase <= q/8, which leaves room for the blinding.
#include <algorithm>

#include "columns/open/phase_bound.h"
#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

unsigned bits_of(const Integer& value) {
  return value == 0 ? 0 : static_cast<unsigned>(msb(value)) + 1;
}

Error refuse(const std::string& message) {
  return Error(ErrorCode::kRefused, "plan.bound", message,
               "partition the table into smaller units, or declare narrower ranges");
}

}  // namespace

Result<Draft> bound_pass(Draft draft) {
  const columns::format::ParameterSet& set = *draft.dataset->parameters;
  std::uint64_t rows = 0;
  std::uint32_t chunks = 0;
  for (const PlannedVersion& version : draft.content.versions) {
    for (const std::uint32_t unit : version.units) {
      const UnitView& view = draft.dataset->versions[version.version_index].units[unit];
      rows = std::max(rows, view.rows);
      chunks = std::max(chunks, view.chunks);
    }
  }
  const Integer half_t = set.bgv.plaintext_modulus() / 2;

  Integer largest = 0;
  bool products = false;
  for (const PlannedPair& pair : draft.content.pairs) {
    const Integer low = abs(Integer(pair.row_low));
    const Integer high = abs(Integer(pair.row_high));
    largest = std::max(largest, Integer(std::max(low, high) * rows));
    products = products || pair.pair.value().right != columns::format::kNoColumn;
  }
  if (largest > half_t) {
    return refuse("a total could reach 2^" + std::to_string(bits_of(largest)) + " over " +
                  std::to_string(rows) + " rows of one unit, and must stay below 2^" +
                  std::to_string(bits_of(half_t)));
  }
  PlanFigures& figures = draft.content.figures;
  figures.modulus_bits = set.bgv.modulus_bits();
  if (!draft.content.pairs.empty() && chunks > 0) {
    figures.bound_bits = columns::open::phase_bound_bits(set, chunks, products);
    if (!columns::open::admits_total(set, chunks, products)) {
      return refuse("the phase of a total could reach 2^" + std::to_string(figures.bound_bits) +
                    " over " + std::to_string(chunks) +
                    " chunks of one unit, and must stay below "
                    "an eighth of the modulus of " +
                    std::to_string(figures.modulus_bits) + " bits");
    }
  }
  draft.note("bound", "totals below 2^" + std::to_string(bits_of(largest)) + " (limit 2^" +
                          std::to_string(bits_of(half_t)) + "), phase below 2^" +
                          std::to_string(figures.bound_bits) + " (modulus 2^" +
                          std::to_string(figures.modulus_bits) + ", an eighth is the limit)");
  return draft;
}

}  // namespace cryptonet::gatekeeper::plan
