// SPDX-License-Identifier: Apache-2.0
// The legend as JSON; the schema stands in it as canonical TOML, so there is one parser of schemas
// and its rules hold again when a legend is read.
#include "table/legend.h"

#include <nlohmann/json.hpp>

namespace cryptonet::table {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using nlohmann::json;

constexpr const char* kFormat = "cryptonet.legend.v1";
constexpr std::size_t kMaxLegendBytes = 64U << 20;

Error malformed(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "legend.malformed", "the legend is malformed: " + what);
}

/// True when the object has exactly these keys.
bool has_keys(const json& object, std::initializer_list<const char*> keys) {
  if (!object.is_object() || object.size() != keys.size()) return false;
  for (const char* key : keys) {
    if (!object.contains(key)) return false;
  }
  return true;
}

/// Group codes of the named columns; nothing when their number or one of them is out of range.
std::optional<std::vector<std::uint32_t>> read_codes(const json& list, const Schema& schema,
                                                     const std::vector<std::string>& names) {
  if (!list.is_array() || list.size() != names.size()) return std::nullopt;
  std::vector<std::uint32_t> codes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!list[i].is_number_unsigned()) return std::nullopt;
    const auto code = list[i].get<std::uint64_t>();
    if (code >= group_count(*schema.find(names[i]))) return std::nullopt;
    codes.push_back(static_cast<std::uint32_t>(code));
  }
  return codes;
}

Result<Legend> read_legend(const json& root) {
  if (!has_keys(root, {"format", "dataset", "schema", "units", "lattice", "rows", "finer_bins"}) ||
      root["format"] != kFormat) {
    return malformed("not a " + std::string(kFormat));
  }
  if (!root["dataset"].is_string() || !root["schema"].is_string() ||
      !root["rows"].is_number_unsigned() || !root["units"].is_array() ||
      !root["lattice"].is_array() || !root["finer_bins"].is_array()) {
    return malformed("a member has the wrong type");
  }
  Legend legend;
  legend.dataset = root["dataset"].get<std::string>();
  legend.rows = root["rows"].get<std::uint64_t>();
  auto schema = parse_schema(root["schema"].get_ref<const std::string&>(), "legend");
  if (!schema.ok()) return malformed("its schema breaks rule " + schema.error().rule);
  legend.schema = std::move(*schema);
  std::uint64_t rows = 0;
  for (const json& entry : root["units"]) {
    if (!has_keys(entry, {"partition", "rows"}) || !entry["rows"].is_number_unsigned()) {
      return malformed("a unit");
    }
    auto codes = read_codes(entry["partition"], legend.schema, legend.schema.partition);
    if (!codes) return malformed("the partition of a unit");
    legend.units.push_back({std::move(*codes), entry["rows"].get<std::uint64_t>()});
    if (__builtin_add_overflow(rows, legend.units.back().rows, &rows)) return malformed("rows");
  }
  if (rows != legend.rows) return malformed("the rows of its units do not add up");
  for (const json& entry : root["lattice"]) {
    if (!has_keys(entry, {"groups", "persons"}) || !entry["persons"].is_number_unsigned()) {
      return malformed("a cell of the lattice");
    }
    auto codes = read_codes(entry["groups"], legend.schema, legend.schema.lattice);
    if (!codes) return malformed("the groups of a cell");
    if (!legend.lattice.empty() && legend.lattice.back().groups >= *codes) {
      return malformed("the order of the cells");
    }
    legend.lattice.push_back({std::move(*codes), entry["persons"].get<std::uint64_t>()});
  }
  for (const json& entry : root["finer_bins"]) {
    if (!entry.is_string()) return malformed("the list of finer bins");
    const auto& name = entry.get_ref<const std::string&>();
    const ColumnSchema* column = legend.schema.find(name);
    const bool ordered = legend.finer_bins.empty() || legend.finer_bins.back() < name;
    if (column == nullptr || column->role != Role::kBins || !ordered) {
      return malformed("the list of finer bins");
    }
    legend.finer_bins.push_back(name);
  }
  return legend;
}

}  // namespace

std::string write_legend(const Legend& legend) {
  json units = json::array();
  for (const LegendUnit& unit : legend.units) {
    units.push_back({{"partition", unit.partition}, {"rows", unit.rows}});
  }
  json lattice = json::array();
  for (const LatticeCell& cell : legend.lattice) {
    lattice.push_back({{"groups", cell.groups}, {"persons", cell.persons}});
  }
  const json root = {{"format", kFormat},
                     {"dataset", legend.dataset},
                     {"schema", write_schema(legend.schema)},
                     {"units", std::move(units)},
                     {"lattice", std::move(lattice)},
                     {"rows", legend.rows},
                     {"finer_bins", legend.finer_bins}};
  return root.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Legend> parse_legend(std::string_view text) {
  if (text.size() > kMaxLegendBytes) return malformed("too large");
  try {
    const json root = json::parse(text, nullptr, false);
    if (root.is_discarded()) return malformed("not JSON");
    return read_legend(root);
  } catch (const std::exception&) {
    return malformed("not JSON of the expected shape");
  }
}

}  // namespace cryptonet::table
