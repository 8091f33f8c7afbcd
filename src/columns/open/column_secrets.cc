// SPDX-License-Identifier: Apache-2.0
// Two threads that want one secret at the same time each derive it: that is rare, and cheaper than
// making everybody wait.
#include "columns/open/column_secrets.h"

#include <algorithm>

namespace cryptonet::columns::open {

template <typename Value>
std::shared_ptr<const Value> ColumnSecrets::Kept<Value>::find(std::uint32_t column) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.column == column; });
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found);
  return entries_.front().value;
}

template <typename Value>
void ColumnSecrets::Kept<Value>::add(std::uint32_t column, std::shared_ptr<const Value> value) {
  const std::lock_guard lock(mutex_);
  entries_.push_front({column, std::move(value)});
  if (entries_.size() > most_) entries_.pop_back();
}

std::shared_ptr<const ColumnSecrets::Coefficients> ColumnSecrets::coefficients(
    std::uint32_t column) {
  auto kept = coefficients_.find(column);
  if (kept == nullptr) {
    kept = std::make_shared<const Coefficients>(keys::derive_column_coefficients(
        key_, manifest_.parameters(), manifest_.body().columns[column]));
    coefficients_.add(column, kept);
  }
  return kept;
}

template class ColumnSecrets::Kept<ColumnSecrets::Coefficients>;
template class ColumnSecrets::Kept<he::ring::NttPoly>;

}  // namespace cryptonet::columns::open
