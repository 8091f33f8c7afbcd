// SPDX-License-Identifier: Apache-2.0
// Two threads that want one secret at the same time each derive it: that is rare, and cheaper than
// making everybody wait.
#include "columns/open/column_secrets.h"

#include <algorithm>
#include <cstring>

namespace cryptonet::columns::open {
namespace {

/// X^i becomes X^-i = -X^(N-i); eight of them at a time. The size is a multiple of eight.
void turn(std::span<const std::int8_t> secret, std::span<std::int8_t> out) {
  constexpr std::uint64_t kSigns = 0x8080808080808080;
  const std::size_t size = secret.size();
  CHECK(size % 8 == 0 && size > 0 && out.size() == size);
  for (std::size_t i = 1; i + 8 <= size; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, secret.data() + size - i - 7, 8);
    eight = __builtin_bswap64(eight);
    eight = (kSigns - (eight & ~kSigns)) ^ (~eight & kSigns);  // each byte's negative
    std::memcpy(out.data() + i, &eight, 8);
  }
  for (std::size_t i = size - 7; i < size; ++i)
    out[i] = static_cast<std::int8_t>(-secret[size - i]);
  out[0] = secret[0];
}

}  // namespace

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
    const Coefficients secret = keys::derive_column_coefficients(key_, manifest_.parameters(),
                                                                 manifest_.body().columns[column]);
    Coefficients turned(secret.size());
    turn(secret.span(), turned.span());
    kept = std::make_shared<const Coefficients>(std::move(turned));
    coefficients_.add(column, kept);
  }
  return kept;
}

std::shared_ptr<const ColumnSecrets::Transformed> ColumnSecrets::transformed(std::uint32_t column) {
  auto kept = transformed_.find(column);
  if (kept == nullptr) {
    const auto secret = coefficients(column);
    Transformed work(secret->size());
    Transformed made(secret->size());
    he::ntt::small_table_of(secret->size()).forward(secret->span(), work.span(), made.span());
    kept = std::make_shared<const Transformed>(std::move(made));
    transformed_.add(column, kept);
  }
  return kept;
}

template class ColumnSecrets::Kept<ColumnSecrets::Coefficients>;
template class ColumnSecrets::Kept<ColumnSecrets::Transformed>;

}  // namespace cryptonet::columns::open
