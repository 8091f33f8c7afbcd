// SPDX-License-Identifier: Apache-2.0
// The rules of a sound schema, one function each; the parser adds the place in the file. A message
// names keys, positions and limits, never a category (a label may be secret at level 1).
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "columns/format/parameter_set.h"
#include "table/schema.h"

namespace cryptonet::table {
namespace {

using Found = std::optional<SchemaProblem>;

Found problem(std::string key, std::string rule, std::string message, std::string hint = {}) {
  return SchemaProblem{std::move(key), "schema." + std::move(rule), std::move(message),
                       std::move(hint)};
}

bool sound_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  return std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::string folded(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Found check_names(const Schema& schema) {
  if (schema.columns.empty()) {
    return problem("columns", "no_columns", "the schema has no columns",
                   "add a [columns.NAME] table for each column");
  }
  if (schema.columns.size() > kMaxSchemaColumns) {
    return problem("columns", "too_many_columns",
                   "the schema has more than " + std::to_string(kMaxSchemaColumns) + " columns");
  }
  std::set<std::string> seen;
  for (const ColumnSchema& column : schema.columns) {
    const std::string key = "columns." + column.name;
    if (!sound_name(column.name)) {
      return problem(key, "name", "a column name has 1 to 255 bytes and no control characters");
    }
    if (!seen.insert(folded(column.name)).second) {
      return problem(key, "duplicate_name",
                     "two columns have the same name (case does not distinguish names in SQL)",
                     "rename one and set from = its source column");
    }
    if (column.from.empty()) {
      return problem(key + ".from", "name", "'from' must name a source column");
    }
  }
  return std::nullopt;
}

/// |value|^power stays below 2^120, so that powers and their digits fit __int128.
bool power_fits(const ColumnSchema& column) {
  const auto magnitude = [](std::int64_t v) {
    return v < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
  };
  const std::uint64_t largest = std::max(magnitude(column.min), magnitude(column.max));
  const auto bits = static_cast<unsigned>(64 - (largest == 0 ? 64 : __builtin_clzll(largest)));
  return bits * column.powers <= 120;
}

Found check_measure(const ColumnSchema& column, const std::string& key) {
  if (column.min > column.max) {
    return problem(key + ".min", "range", "min is greater than max");
  }
  if (column.powers < 1 || column.powers > 4) {
    return problem(key + ".powers", "powers", "powers must be 1 to 4");
  }
  if (!power_fits(column)) {
    return problem(key + ".powers", "powers", "the highest power would pass 120 bits",
                   "declare fewer powers, fewer decimals or a smaller range");
  }
  return std::nullopt;
}

Found check_categories(const ColumnSchema& column, const std::string& key) {
  const std::string place = key + ".categories";
  if (column.categories.empty()) {
    return problem(place, "categories", "a dimension needs at least one category",
                   "list them: categories = [\"A\", \"B\"]");
  }
  if (column.categories.size() > kMaxCategories) {
    return problem(place, "categories",
                   "a dimension has at most " + std::to_string(kMaxCategories) + " categories");
  }
  std::set<Category> seen;
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    const Category& category = column.categories[i];
    const std::string nth = "category " + std::to_string(i + 1);
    if (category.index() != column.categories[0].index()) {
      return problem(place, "categories", nth + " is of another type than the first",
                     "all categories are integers, or all are texts");
    }
    const auto* text = std::get_if<std::string>(&category);
    if (text != nullptr && text->size() > kMaxNameBytes) {
      return problem(place, "categories", nth + " is longer than 255 bytes");
    }
    if (!seen.insert(category).second) {
      return problem(place, "categories", nth + " occurs twice");
    }
  }
  if (column.other && seen.contains(Category(std::string("OTHER")))) {
    return problem(place, "categories", "the category OTHER is what `other = true` adds",
                   "remove it from the list");
  }
  return std::nullopt;
}

Found check_dimension(const ColumnSchema& column, const std::string& key) {
  if (!part_range(column.part)) {
    if (auto found = check_categories(column, key)) return found;
    if (column.part == DatePart::kYear &&
        !std::holds_alternative<std::int64_t>(column.categories[0])) {
      return problem(key + ".categories", "categories", "years are integers");
    }
    return std::nullopt;
  }
  if (!column.categories.empty()) {
    return problem(key + ".categories", "part", "the dictionary of this part is whole and fixed",
                   "remove 'categories'");
  }
  if (column.other) {
    return problem(key + ".other", "part", "a whole dictionary leaves nothing for OTHER",
                   "remove 'other'");
  }
  return std::nullopt;
}

Found check_bins(const ColumnSchema& column, const std::string& key) {
  if (column.edges.empty() || column.edges.size() >= kMaxCategories) {
    return problem(key + ".edges", "edges", "bins need 1 to 65535 edges");
  }
  for (std::size_t i = 1; i < column.edges.size(); ++i) {
    if (column.edges[i - 1] >= column.edges[i]) {
      return problem(key + ".edges", "edges",
                     "edge " + std::to_string(i + 1) + " is not greater than the one before",
                     "list the edges in ascending order");
    }
  }
  return std::nullopt;
}

Found check_columns(const Schema& schema) {
  for (const ColumnSchema& column : schema.columns) {
    const std::string key = "columns." + column.name;
    if (column.decimals > kMaxDecimals) {
      return problem(key + ".decimals", "decimals",
                     "decimals must be 0 to " + std::to_string(kMaxDecimals));
    }
    Found found;
    if (column.role == Role::kMeasure) found = check_measure(column, key);
    if (column.role == Role::kDimension) found = check_dimension(column, key);
    if (column.role == Role::kBins) found = check_bins(column, key);
    if (found) return found;
  }
  return std::nullopt;
}

/// Every name is a dimension or bins column, and none stands twice.
Found check_dimension_names(const Schema& schema, const std::vector<std::string>& names,
                            const std::string& key) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const ColumnSchema* column = schema.find(name);
    if (column == nullptr) {
      return problem(key, "unknown_column", "'" + name + "' is no column of this schema",
                     "declare it under [columns." + name + "]");
    }
    if (column->role != Role::kDimension && column->role != Role::kBins) {
      return problem(key, "not_a_dimension",
                     "'" + name + "' is a column of role " + std::string(role_name(column->role)),
                     "only dimensions and bins can stand here");
    }
    if (!seen.insert(name).second) {
      return problem(key, "duplicate_name", "'" + name + "' stands twice");
    }
  }
  return std::nullopt;
}

Found check_crosses(const Schema& schema) {
  std::set<std::set<std::string>> seen;
  for (const auto& cross : schema.crosses) {
    if (cross.size() < 2 || cross.size() > 3) {
      return problem("crosses", "crosses", "a cross joins two or three dimensions");
    }
    if (auto found = check_dimension_names(schema, cross, "crosses")) return found;
    for (const std::string& name : cross) {
      if (std::find(schema.partition.begin(), schema.partition.end(), name) !=
          schema.partition.end()) {
        return problem("crosses", "crosses",
                       "'" + name + "' partitions the table, so it is joint with every column",
                       "leave it out of the cross");
      }
    }
    if (!seen.insert(std::set<std::string>(cross.begin(), cross.end())).second) {
      return problem("crosses", "crosses", "a cross of the same dimensions stands twice");
    }
  }
  return std::nullopt;
}

Found check_partition(const Schema& schema) {
  if (auto found = check_dimension_names(schema, schema.partition, "partition")) return found;
  std::uint64_t units = 1;
  for (const std::string& name : schema.partition) {
    units *= group_count(*schema.find(name));
    if (units > 65536) {
      return problem("partition", "partition", "the partition may have more than 65536 units",
                     "partition by fewer or smaller dimensions");
    }
  }
  return std::nullopt;
}

Found check_lattice(const Schema& schema) {
  if (schema.lattice.size() > 3) {
    return problem("lattice", "lattice", "the lattice has at most three dimensions");
  }
  if (auto found = check_dimension_names(schema, schema.lattice, "lattice")) return found;
  std::uint64_t cells = 1;
  for (const std::string& name : schema.lattice) cells *= group_count(*schema.find(name));
  if (cells > 1'000'000) {
    return problem("lattice", "lattice", "the lattice has more than 1000000 cells",
                   "choose smaller dimensions");
  }
  return std::nullopt;
}

Found check_parameters(const Schema& schema) {
  if (schema.unit_row_limit) {
    if (*schema.unit_row_limit < 1 || *schema.unit_row_limit > schema.row_limit) {
      return problem("unit_row_limit", "unit_row_limit", "unit_row_limit must be 1 to row_limit");
    }
  }
  if (schema.parameters && columns::format::find_parameter_set(*schema.parameters) == nullptr) {
    std::string names;
    for (const auto* set : columns::format::parameter_sets()) {
      names += (names.empty() ? "" : ", ") + std::string(set->name);
    }
    return problem("parameters", "parameters", "unknown parameter set", "one of " + names);
  }
  return std::nullopt;
}

}  // namespace

std::optional<SchemaProblem> find_problem(const Schema& schema) {
  if (schema.row_limit < 1 || schema.row_limit > (std::uint64_t{1} << 32)) {
    return problem("row_limit", "row_limit", "row_limit must be 1 to 4294967296",
                   "the most rows that all versions together will ever have");
  }
  if (auto found = check_names(schema)) return found;
  if (auto found = check_columns(schema)) return found;
  if (auto found = check_partition(schema)) return found;
  if (auto found = check_crosses(schema)) return found;
  if (auto found = check_lattice(schema)) return found;
  if (auto found = check_parameters(schema)) return found;
  if (schema.person && schema.person->empty()) {
    return problem("person", "name", "'person' must name a source column");
  }
  if (schema.weight && schema.weight->empty()) {
    return problem("weight", "name", "'weight' must name a source column");
  }
  return std::nullopt;
}

}  // namespace cryptonet::table
