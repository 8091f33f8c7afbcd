// SPDX-License-Identifier: Apache-2.0
// What a plan says of itself: the text of --explain, and the fingerprint of the question.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "columns/format/totals.h"
#include "gatekeeper/plan/draft.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using columns::format::ColumnPair;
using columns::format::kNoColumn;

constexpr std::size_t kShownPairs = 24;

std::string label_of(const table::Group& group) {
  if (group.kind == table::Group::Kind::kNull) return "NULL";
  if (const auto* number = std::get_if<std::int64_t>(&group.label)) return std::to_string(*number);
  return std::get<std::string>(group.label);
}

/// What a stored column holds, in words: "delay", "delay^2 digit 1", "[origin = ATL]".
std::string meaning(const Draft& draft, std::uint32_t index) {
  const table::StoredColumn& column = draft.dataset->layout.columns()[index];
  switch (column.kind) {
    case table::StoredKind::kRows:
      return "rows";
    case table::StoredKind::kWeight:
      return "persons";
    case table::StoredKind::kPresence:
      return "[" + draft.column(column.field).name + " is not NULL]";
    case table::StoredKind::kWeightedPresence:
      return "persons [" + draft.column(column.field).name + " is not NULL]";
    case table::StoredKind::kDigit: {
      std::string text = draft.column(column.field).name;
      if (column.power > 1) text += "^" + std::to_string(column.power);
      const auto plan = draft.dataset->layout.digits(column.field, column.power);
      if (plan && plan->count > 1) text += " digit " + std::to_string(column.digit);
      return text;
    }
    case table::StoredKind::kIndicator:
      break;
  }
  const table::IndicatorFamily& family = draft.dataset->layout.families()[column.field];
  std::string text;
  std::uint32_t code = column.group;
  for (std::size_t i = family.fields.size(); i-- > 0;) {
    const table::ColumnSchema& field = draft.column(family.fields[i]);
    const std::uint32_t group = code % family.group_counts[i];
    code /= family.group_counts[i];
    text = field.name + " = " + label_of(table::groups_of(field)[group]) +
           (text.empty() ? "" : ", " + text);
  }
  return "[" + text + "]";
}

std::string product_text(const ColumnPair& pair) {
  std::string text = "Σ c" + std::to_string(pair.left);
  if (pair.right != kNoColumn) text += "·c" + std::to_string(pair.right);
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 10240 && unit + 1 < kUnits.size()) {
    tenths /= 1024;
    ++unit;
  }
  std::string text = std::to_string(tenths / 10);
  if (unit > 0) text += "." + std::to_string(tenths % 10);
  return text + " " + kUnits[unit];
}

}  // namespace

std::string counted(std::uint64_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string explain(const Draft& draft) {
  std::string text = "Passes\n";
  for (const PassNote& note : draft.notes) {
    text += "  " + note.pass + std::string(9 - std::min<std::size_t>(8, note.pass.size()), ' ') +
            note.text + "\n";
  }
  const PlanFigures& figures = draft.content.figures;
  text +=
      "\nHomomorphic operations at the cloud, each over " + counted(figures.units, "unit") + "\n";
  for (std::size_t i = 0; i < draft.content.pairs.size() && i < kShownPairs; ++i) {
    const columns::open::CheckedPair& pair = draft.content.pairs[i].pair;
    std::string line = "  " + product_text(pair.value()) +
                       (pair.checks().size() == 1 ? " and its check " : " and its checks ");
    for (std::size_t c = 0; c < pair.checks().size(); ++c) {
      line += (c == 0 ? "" : ", ") + product_text(pair.check(c));
    }
    line += "   " + meaning(draft, pair.value().left);
    if (pair.value().right != kNoColumn) line += " × " + meaning(draft, pair.value().right);
    text += line + "\n";
  }
  if (draft.content.pairs.size() > kShownPairs) {
    text += "  … and " + std::to_string(draft.content.pairs.size() - kShownPairs) + " more\n";
  }
  text += "\nFigures\n  totals    " + counted(figures.pairs, "number") +
          ", checks included, from " + counted(figures.units, "unit") + "\n  digits    " +
          std::to_string(figures.digits) + "\n  phase     below 2^" +
          std::to_string(figures.bound_bits) + " of a modulus of " +
          std::to_string(figures.modulus_bits) + " bits\n  reads     " +
          bytes_text(figures.bytes_read) + " at the cloud\n";
  return text;
}

std::string fingerprint_of(const Draft& draft) {
  using Json = nlohmann::json;  // keys in alphabetical order: one spelling
  const auto column_name = [&](std::uint32_t field) { return draft.column(field).name; };
  Json outputs = Json::array();
  for (const BoundOutput& output : draft.bound.outputs) {
    Json item = {{"name", output.name}, {"visible", output.visible}};
    if (const auto* key = std::get_if<std::size_t>(&output.value)) {
      item["key"] = *key;
    } else {
      const Aggregate& aggregate = std::get<Aggregate>(output.value);
      item["function"] = function_name(aggregate.function);
      item["of"] = Json::array();
      for (const std::uint32_t field : aggregate.fields) item["of"].push_back(column_name(field));
    }
    outputs.push_back(std::move(item));
  }
  Json keys = Json::array();
  for (const GroupKey& key : draft.bound.keys) keys.push_back(column_name(key.field));
  Json where = Json::object();
  for (const auto& [field, codes] : draft.bound.allowed) {
    Json list = Json::array();
    for (std::size_t code = 0; code < codes.size(); ++code) {
      if (codes[code]) list.push_back(code);
    }
    where[column_name(field)] = std::move(list);
  }
  Json order = Json::array();
  for (const SortKey& key : draft.bound.order) {
    order.push_back({key.output, key.descending, key.nulls_first});
  }
  const Json all = {{"dataset", draft.dataset->name},
                    {"group_by", keys},
                    {"limit", draft.bound.limit ? Json(*draft.bound.limit) : Json(nullptr)},
                    {"offset", draft.bound.offset},
                    {"order_by", order},
                    {"select", outputs},
                    {"where", where}};
  return all.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace cryptonet::gatekeeper::plan
