// SPDX-License-Identifier: Apache-2.0
// TOML text to a schema, strictly: a key that is unknown, of the wrong type, or of no use in its
// role is an error at its line and column. The rules that need the whole schema are in
// schema_check.cc; this file gives them their places.
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "table/schema.h"

namespace cryptonet::table {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct Place {
  std::int64_t line = 0;
  std::int64_t column = 0;
};

Place place_of(const toml::source_region& region) {
  return {static_cast<std::int64_t>(region.begin.line),
          static_cast<std::int64_t>(region.begin.column)};
}

/// A float as the shortest decimal text that reads back as the same number: what was written, as
/// far as a float can hold it.
std::string shortest_text(double value) {
  if (!std::isfinite(value)) return {};
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end.ptr};
}

class Parser {
 public:
  explicit Parser(std::string file) : file_(std::move(file)) {}

  Result<Schema> parse(const toml::table& document) {
    CN_RETURN_IF_ERROR(read_top(document));
    if (const auto found = find_problem(schema_)) {
      return Error(ErrorCode::kBadInput, found->rule, found->key + ": " + found->message,
                   found->hint)
          .at(file_, place(found->key).line, place(found->key).column);
    }
    return std::move(schema_);
  }

 private:
  Error bad(const std::string& key, const std::string& rule, const std::string& message,
            const std::string& hint = {}) const {
    const Place where = place(key);
    return Error(ErrorCode::kBadInput, "schema." + rule, key + ": " + message, hint)
        .at(file_, where.line, where.column);
  }

  /// The place of a key, or of the nearest table around it.
  Place place(std::string key) const {
    while (true) {
      const auto found = places_.find(key);
      if (found != places_.end()) return found->second;
      const auto dot = key.rfind('.');
      if (dot == std::string::npos) return {1, 1};
      key.resize(dot);
    }
  }

  Status read_top(const toml::table& document) {
    bool has_row_limit = false;
    const toml::table* columns = nullptr;
    for (const auto& [name, node] : document) {
      const std::string key(name.str());
      places_[key] = place_of(name.source());
      if (key == "row_limit") {
        CN_ASSIGN(const std::int64_t limit, integer(node, key));
        if (limit < 1) return bad(key, "row_limit", "row_limit must be at least 1");
        schema_.row_limit = static_cast<std::uint64_t>(limit);
        has_row_limit = true;
      } else if (key == "crosses") {
        CN_RETURN_IF_ERROR(read_crosses(node));
      } else if (key == "partition") {
        CN_ASSIGN(schema_.partition, texts(node, key));
      } else if (key == "lattice") {
        CN_ASSIGN(schema_.lattice, texts(node, key));
      } else if (key == "person") {
        CN_ASSIGN(schema_.person, text(node, key));
      } else if (key == "weight") {
        CN_ASSIGN(schema_.weight, text(node, key));
      } else if (key == "allow_small_units") {
        CN_ASSIGN(schema_.allow_small_units, boolean(node, key));
      } else if (key == "unit_row_limit") {
        CN_ASSIGN(const std::int64_t limit, integer(node, key));
        if (limit < 1) return bad(key, "unit_row_limit", "unit_row_limit must be at least 1");
        schema_.unit_row_limit = static_cast<std::uint64_t>(limit);
      } else if (key == "products") {
        CN_ASSIGN(schema_.products, boolean(node, key));
      } else if (key == "parameters") {
        CN_ASSIGN(schema_.parameters, text(node, key));
      } else if (key == "columns") {
        columns = node.as_table();
        if (columns == nullptr) return bad(key, "type", "must be tables like [columns.NAME]");
      } else {
        return bad(key, "unknown_key", "unknown key",
                   "known here: row_limit, crosses, partition, lattice, person, weight, "
                   "allow_small_units, unit_row_limit, products, parameters, columns");
      }
    }
    if (!has_row_limit) {
      return bad("row_limit", "missing_key", "row_limit is missing",
                 "add row_limit = the most rows that all versions together will ever have");
    }
    if (columns == nullptr) return base::ok();
    return read_columns(*columns);
  }

  Status read_columns(const toml::table& columns) {
    // The parser sorts by name; the order of the file is the order of the columns.
    std::vector<std::pair<Place, std::string>> order;
    for (const auto& [name, node] : columns) {
      order.emplace_back(place_of(name.source()), std::string(name.str()));
      places_["columns." + std::string(name.str())] = order.back().first;
    }
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
    });
    for (const auto& [where, name] : order) {
      const toml::table* table = columns.get(name)->as_table();
      if (table == nullptr) {
        return bad("columns." + name, "type", "must be a table like [columns.NAME]");
      }
      CN_RETURN_IF_ERROR(read_column(name, *table));
    }
    return base::ok();
  }

  Status read_column(const std::string& name, const toml::table& table) {
    const std::string prefix = "columns." + name + ".";
    for (const auto& [key, node] : table) {
      places_[prefix + std::string(key.str())] = place_of(key.source());
    }
    ColumnSchema column;
    column.name = name;
    column.from = name;
    const toml::node* role = table.get("role");
    if (role == nullptr) {
      return bad("columns." + name, "missing_key", "role is missing",
                 "add role = \"measure\", \"dimension\", \"bins\" or \"ignore\"");
    }
    CN_ASSIGN(column.role, read_role(*role, prefix + "role"));
    // Numbers are read at the scale of the column, so the scale comes first.
    const toml::node* decimals = table.get("decimals");
    if (decimals != nullptr && belongs("decimals", column.role)) {
      CN_ASSIGN(column.decimals, small(*decimals, prefix + "decimals", kMaxDecimals));
    }
    for (const auto& [key, node] : table) {
      CN_RETURN_IF_ERROR(read_key(column, std::string(key.str()), node, prefix));
    }
    if (column.role == Role::kMeasure) {
      for (const char* needed : {"min", "max"}) {
        if (table.contains(needed)) continue;
        return bad("columns." + name, "missing_key",
                   std::string(needed) + " is missing: a measure declares its range",
                   "`cryptonet schema` finds the range of every column");
      }
    }
    schema_.columns.push_back(std::move(column));
    return base::ok();
  }

  static bool belongs(const std::string& key, Role role) {
    static const std::map<std::string, std::array<bool, 3>> kUse = {
        // measure, dimension, bins
        {"decimals", {true, false, true}}, {"min", {true, false, false}},
        {"max", {true, false, false}},     {"powers", {true, false, false}},
        {"nullable", {true, true, true}},  {"categories", {false, true, false}},
        {"other", {false, true, false}},   {"paired", {false, true, true}},
        {"part", {false, true, false}},    {"edges", {false, false, true}}};
    const auto found = kUse.find(key);
    if (found == kUse.end()) return false;
    return role != Role::kIgnore && found->second[static_cast<std::size_t>(role)];
  }

  Status read_key(ColumnSchema& column, const std::string& key, const toml::node& node,
                  const std::string& prefix) {
    const std::string path = prefix + key;
    if (key == "role") return base::ok();
    if (key == "from") {
      CN_ASSIGN(column.from, text(node, path));
      return base::ok();
    }
    // A column that is left out keeps its other keys: switching the role off loses nothing.
    if (!belongs(key, column.role)) {
      const bool known = belongs(key, Role::kMeasure) || belongs(key, Role::kDimension) ||
                         belongs(key, Role::kBins);
      if (known && column.role == Role::kIgnore) return base::ok();
      if (known) {
        return bad(path, "unknown_key",
                   "has no meaning for the role " + std::string(role_name(column.role)));
      }
      return bad(path, "unknown_key", "unknown key",
                 "known here: role, from, decimals, min, max, powers, nullable, categories, "
                 "other, paired, part, edges");
    }
    if (key == "min") {
      CN_ASSIGN(column.min, number(node, path, column.decimals));
    } else if (key == "max") {
      CN_ASSIGN(column.max, number(node, path, column.decimals));
    } else if (key == "powers") {
      CN_ASSIGN(column.powers, small(node, path, 4));
    } else if (key == "nullable") {
      CN_ASSIGN(column.nullable, boolean(node, path));
    } else if (key == "other") {
      CN_ASSIGN(column.other, boolean(node, path));
    } else if (key == "paired") {
      CN_ASSIGN(column.paired, boolean(node, path));
    } else if (key == "part") {
      CN_ASSIGN(column.part, read_part(node, path));
    } else if (key == "categories") {
      CN_ASSIGN(column.categories, categories(node, path));
    } else if (key == "edges") {
      CN_ASSIGN(column.edges, numbers(node, path, column.decimals));
    }
    return base::ok();
  }

  Result<Role> read_role(const toml::node& node, const std::string& path) {
    CN_ASSIGN(const std::string name, text(node, path));
    for (const Role role : {Role::kMeasure, Role::kDimension, Role::kBins, Role::kIgnore}) {
      if (name == role_name(role)) return role;
    }
    return bad(path, "role", "unknown role", "one of measure, dimension, bins, ignore");
  }

  Result<DatePart> read_part(const toml::node& node, const std::string& path) {
    CN_ASSIGN(const std::string name, text(node, path));
    for (const DatePart part : {DatePart::kYear, DatePart::kQuarter, DatePart::kMonth,
                                DatePart::kWeekday, DatePart::kHour}) {
      if (name == part_name(part)) return part;
    }
    return bad(path, "part", "unknown part of a date",
               "one of year, quarter, month, weekday, hour");
  }

  Status read_crosses(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) {
      return bad("crosses", "type", "must be a list of lists of names",
                 "crosses = [[\"month\", \"weekday\"]]");
    }
    for (const toml::node& entry : *list) {
      CN_ASSIGN(auto names, texts(entry, "crosses"));
      schema_.crosses.push_back(std::move(names));
    }
    return base::ok();
  }

  Result<std::int64_t> integer(const toml::node& node, const std::string& path) const {
    if (const auto* value = node.as_integer()) return value->get();
    return bad(path, "type", "must be an integer");
  }
  Result<unsigned> small(const toml::node& node, const std::string& path, unsigned limit) const {
    CN_ASSIGN(const std::int64_t value, integer(node, path));
    if (value < 0 || value > static_cast<std::int64_t>(limit)) {
      return bad(path, "range", "must be at most " + std::to_string(limit));
    }
    return static_cast<unsigned>(value);
  }
  Result<bool> boolean(const toml::node& node, const std::string& path) const {
    if (const auto* value = node.as_boolean()) return value->get();
    return bad(path, "type", "must be true or false");
  }
  Result<std::string> text(const toml::node& node, const std::string& path) const {
    if (const auto* value = node.as_string()) return value->get();
    return bad(path, "type", "must be a text in quotes");
  }
  Result<std::vector<std::string>> texts(const toml::node& node, const std::string& path) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) return bad(path, "type", "must be a list of names");
    std::vector<std::string> out;
    for (const toml::node& entry : *list) {
      CN_ASSIGN(auto name, text(entry, path));
      out.push_back(std::move(name));
    }
    return out;
  }

  /// An integer, a float or a text in quotes, exactly at this scale.
  Result<std::int64_t> number(const toml::node& node, const std::string& path,
                              unsigned decimals) const {
    std::string digits;
    if (const auto* whole = node.as_integer()) {
      digits = std::to_string(whole->get());
    } else if (const auto* real = node.as_floating_point()) {
      digits = shortest_text(real->get());
    } else if (const auto* quoted = node.as_string()) {
      digits = quoted->get();
    } else {
      return bad(path, "type", "must be a number, or a number in quotes");
    }
    const ParsedDecimal parsed = scan_decimal(digits, decimals);
    switch (parsed.error) {
      case DecimalError::kNone:
        return parsed.scaled;
      case DecimalError::kTooManyDecimals:
        return bad(path, "decimals",
                   "has more decimals than the " + std::to_string(decimals) + " declared",
                   "raise decimals, or round this limit outwards");
      case DecimalError::kOverflow:
        return bad(path, "range", "does not fit 63 bits at the declared decimals");
      case DecimalError::kNotANumber:
        break;
    }
    return bad(path, "type", "is no decimal number");
  }
  Result<std::vector<std::int64_t>> numbers(const toml::node& node, const std::string& path,
                                            unsigned decimals) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) return bad(path, "type", "must be a list of numbers");
    std::vector<std::int64_t> out;
    for (const toml::node& entry : *list) {
      CN_ASSIGN(const std::int64_t value, number(entry, path, decimals));
      out.push_back(value);
    }
    return out;
  }
  Result<std::vector<Category>> categories(const toml::node& node, const std::string& path) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) return bad(path, "type", "must be a list");
    std::vector<Category> out;
    for (const toml::node& entry : *list) {
      if (const auto* whole = entry.as_integer()) {
        out.emplace_back(whole->get());
      } else if (const auto* quoted = entry.as_string()) {
        out.emplace_back(quoted->get());
      } else {
        return bad(path, "type", "a category is an integer or a text in quotes",
                   "write 1.5 as \"1.5\" and true as \"true\"");
      }
    }
    return out;
  }

  std::string file_;
  Schema schema_;
  std::map<std::string, Place> places_;
};

}  // namespace

Result<Schema> parse_schema(std::string_view toml_text, const std::string& file) {
  if (toml_text.size() > kMaxSchemaBytes) {
    return Error(ErrorCode::kBadInput, "schema.too_large",
                 "a schema has at most " + std::to_string(kMaxSchemaBytes) + " bytes")
        .at(file);
  }
  try {
    const toml::table document = toml::parse(toml_text);
    return Parser(file).parse(document);
  } catch (const toml::parse_error& failure) {
    const Place where = place_of(failure.source());
    return Error(ErrorCode::kBadInput, "schema.toml", "not TOML", "check the quotes and brackets")
        .at(file, where.line, where.column);
  } catch (const std::exception&) {
    return Error(ErrorCode::kBadInput, "schema.toml", "not TOML").at(file);
  }
}

}  // namespace cryptonet::table
