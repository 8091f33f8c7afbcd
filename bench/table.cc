// SPDX-License-Identifier: Apache-2.0
#include "bench/table.h"

#include <random>

namespace cryptonet::bench {
namespace {

columns::format::ColumnId column_id(std::uint32_t number) {
  columns::format::ColumnId id;
  id.bytes[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

}  // namespace

Table Table::make(std::uint32_t measures, std::uint64_t rows) {
  Table table;
  table.measures = measures;
  std::mt19937_64 engine(1);
  for (std::uint32_t i = 0; i < measures; ++i) {
    auto& source = table.sources.emplace_back(rows);
    for (auto& value : source) value = static_cast<std::int64_t>(engine() % 2001) - 1000;
    table.plans.push_back({column_id(2 * i), i, std::nullopt, std::nullopt});
    table.plans.push_back({column_id(2 * i + 1), i, std::nullopt, 2 * i});
    table.twins.push_back(2 * i + 1);
    table.twins.push_back(std::nullopt);
  }
  auto& group = table.sources.emplace_back(rows);
  for (auto& value : group) value = static_cast<std::int64_t>(engine() % kGroups);
  for (std::uint32_t g = 0; g < kGroups; ++g) {
    table.plans.push_back({column_id(2 * measures + g), measures, g, std::nullopt});
    table.twins.push_back(std::nullopt);
  }
  return table;
}

columns::open::CheckedPair Table::tagged(std::uint32_t measure,
                                         std::optional<std::uint32_t> other) const {
  std::optional<columns::open::PairSide> right;
  if (other) right = columns::open::PairSide{*other, false};
  return *columns::open::CheckedPair::create(twins, {2 * measure, true}, right);
}

}  // namespace cryptonet::bench
