// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/intake/schema_difference.h"

namespace cryptonet::gatekeeper::intake {
namespace {
using table::ColumnSchema;
using table::Schema;

std::optional<std::string> column_difference(const ColumnSchema& a, const ColumnSchema& b) {
  if (a.role != b.role) return "role";
  if (a.from != b.from) return "from";
  if (a.decimals != b.decimals) return "decimals";
  if (a.min != b.min) return "min";
  if (a.max != b.max) return "max";
  if (a.powers != b.powers) return "powers";
  if (a.nullable != b.nullable) return "nullable";
  if (a.categories != b.categories) return "categories";
  if (a.other != b.other) return "other";
  if (a.paired != b.paired) return "paired";
  if (a.part != b.part) return "part";
  if (a.edges != b.edges) return "edges";
  return std::nullopt;
}
}  // namespace

std::optional<std::string> first_difference(const Schema& published, const Schema& offered) {
  if (published.row_limit != offered.row_limit) return "row_limit";
  if (published.crosses != offered.crosses) return "crosses";
  if (published.partition != offered.partition) return "partition";
  if (published.lattice != offered.lattice) return "lattice";
  if (published.person != offered.person) return "person";
  if (published.weight != offered.weight) return "weight";
  if (published.allow_small_units != offered.allow_small_units) return "allow_small_units";
  if (published.unit_row_limit != offered.unit_row_limit) return "unit_row_limit";
  if (published.products != offered.products) return "products";
  for (std::size_t i = 0; i < offered.columns.size(); ++i) {
    const ColumnSchema& column = offered.columns[i];
    if (i >= published.columns.size() || published.columns[i].name != column.name) {
      return "columns." + column.name;
    }
    if (const auto key = column_difference(published.columns[i], column)) {
      return "columns." + column.name + "." + *key;
    }
  }
  if (published.columns.size() != offered.columns.size()) return "the number of columns";
  Schema with_its_parameters = published;  // compared by the sets of the manifests
  with_its_parameters.parameters = offered.parameters;
  if (!(with_its_parameters == offered)) return "the schema";
  return std::nullopt;
}

}  // namespace cryptonet::gatekeeper::intake
