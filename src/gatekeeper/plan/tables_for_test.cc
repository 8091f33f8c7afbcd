// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/plan/tables_for_test.h"

#include <gtest/gtest.h>

#include <map>

namespace cryptonet::gatekeeper::plan {
namespace {

table::WideInteger power_of(std::int64_t value, unsigned power) {
  table::WideInteger out = 1;
  for (unsigned i = 0; i < power; ++i) out *= value;
  return out;
}

}  // namespace

DatasetView view_of(const table::Schema& schema, const std::string& name) {
  const columns::format::ParameterSet& set = columns::format::wide_set();
  auto layout = table::StoredLayout::create(schema, set);
  CHECK(layout.ok());
  return DatasetView{name, schema, std::move(*layout), &set, {}};
}

ClearTable place_rows(const std::vector<std::vector<ClearRow>>& versions, DatasetView& view) {
  ClearTable table;
  for (const std::vector<ClearRow>& rows : versions) {
    std::map<std::vector<std::uint32_t>, std::vector<ClearRow>> units;
    for (const ClearRow& row : rows) {
      std::vector<std::uint32_t> key;
      for (const std::uint32_t field : view.layout.partition_fields()) {
        key.push_back(row.codes[field]);
      }
      units[key].push_back(row);
    }
    VersionView version;
    version.version = view.versions.size() + 1;
    auto& placed = table.emplace_back();
    for (auto& [key, members] : units) {
      version.units.push_back({key, members.size(), 2});
      placed.push_back(std::move(members));
    }
    view.versions.push_back(std::move(version));
  }
  return table;
}

std::int64_t stored_value(const DatasetView& view, const ClearRow& row, std::uint32_t index) {
  const table::StoredColumn& column = view.layout.columns()[index];
  switch (column.kind) {
    case table::StoredKind::kRows:
      return 1;
    case table::StoredKind::kWeight:
      return row.person ? 1 : 0;
    case table::StoredKind::kPresence:
      return row.values[column.field] ? 1 : 0;
    case table::StoredKind::kWeightedPresence:
      return row.values[column.field] && row.person ? 1 : 0;
    case table::StoredKind::kDigit: {
      const table::DigitPlan digits = *view.layout.digits(column.field, column.power);
      std::vector<std::int64_t> out(digits.count);
      table::split_digits(power_of(row.values[column.field].value_or(0), column.power), digits,
                          out);
      if (!row.values[column.field]) return 0;
      return out[column.digit];
    }
    case table::StoredKind::kIndicator:
      break;
  }
  const table::IndicatorFamily& family = view.layout.families()[column.field];
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < family.fields.size(); ++i) {
    code = code * family.group_counts[i] + row.codes[family.fields[i]];
  }
  return code == column.group ? 1 : 0;
}

OpenedTotals totals_of(const DatasetView& view, const ClearTable& table, const CheckedPlan& plan) {
  const auto half_t =
      static_cast<table::WideInteger>((view.parameters->bgv.plaintext_modulus() - 1) / 2);
  OpenedTotals opened;
  for (const PlannedVersion& version : plan.versions()) {
    auto& units = opened.emplace_back();
    for (const std::uint32_t unit : version.units) {
      const std::vector<ClearRow>& rows = table[version.version_index][unit];
      auto& totals = units.emplace_back();
      for (const PlannedPair& planned : plan.pairs()) {
        const columns::format::ColumnPair pair = planned.pair.value();
        table::WideInteger total = 0;
        for (const ClearRow& row : rows) {
          table::WideInteger product = stored_value(view, row, pair.left);
          if (pair.right != columns::format::kNoColumn) {
            product *= stored_value(view, row, pair.right);
          }
          EXPECT_GE(product, planned.row_low);
          EXPECT_LE(product, planned.row_high);
          total += product;
        }
        EXPECT_LE(total, half_t);
        EXPECT_GE(total, -half_t);
        totals.push_back(static_cast<std::int64_t>(total));
      }
    }
  }
  return opened;
}

}  // namespace cryptonet::gatekeeper::plan
