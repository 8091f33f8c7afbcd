// SPDX-License-Identifier: Apache-2.0
#include "columns/open/unit_hints.h"

#include <algorithm>

#include "he/arith/dispatch.h"

namespace cryptonet::columns::open {
namespace {

/// Hints kept between calls, 196 KB each for the wide set.
constexpr std::size_t kColumnsKept = 64;

std::shared_ptr<const UnitHints::Words> unpack(base::ByteView packed) {
  auto words = std::make_shared<UnitHints::Words>(packed.size() / 6);
  he::arith::kernels().unpack_u48(packed.data(), words->data(), words->size());
  return words;
}

}  // namespace

base::Result<std::shared_ptr<const UnitHints::Words>> UnitHints::shared() {
  if (shared_ == nullptr) {
    CN_ASSIGN(const base::ByteView packed, format::shared_hint(manifest_, unit_, file_));
    shared_ = unpack(packed);
  }
  return shared_;
}

base::Result<std::shared_ptr<const UnitHints::Words>> UnitHints::column(std::uint32_t column) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const KeptColumn& entry) { return entry.column == column; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().words;
  }
  CN_ASSIGN(const base::ByteView packed, format::column_hint(manifest_, unit_, column, file_));
  kept_.push_front({column, unpack(packed)});
  if (kept_.size() > kColumnsKept) kept_.pop_back();
  return kept_.front().words;
}

}  // namespace cryptonet::columns::open
