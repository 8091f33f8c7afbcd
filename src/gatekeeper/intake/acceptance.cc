// SPDX-License-Identifier: Apache-2.0
// Units are named by their position from 1 in errors: ids would help nobody, and labels of a
// partition are not told.
#include "gatekeeper/intake/acceptance.h"

#include <algorithm>
#include <set>

#include "gatekeeper/intake/schema_difference.h"
#include "table/stored_columns.h"
#include "table/unit_rules.h"

namespace cryptonet::gatekeeper::intake {
namespace {
using base::Error;
using base::ErrorCode;
using base::Status;
using columns::format::UnitEntry;

constexpr std::size_t kMaxDatasetNameBytes = 63;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

Error disagreement(const std::string& what) {
  return Error(ErrorCode::kBadInput, "upload.disagreement",
               "manifest and legend of the upload disagree: " + what,
               "encrypt the table again with this version of cryptonet");
}

Status check_unit(const UnitEntry& entry, const table::LegendUnit& unit, std::size_t number,
                  const open::UploadParts& parts) {
  const auto& set = parts.manifest->parameters();
  const std::uint64_t most_rows =
      std::min(set.max_unit_rows, parts.legend->schema.most_unit_rows());
  const std::uint64_t columns = parts.manifest->body().columns.size();
  const std::string name = "unit " + std::to_string(number);
  if (unit.rows == 0 || unit.rows > most_rows) {
    return Error(ErrorCode::kBadInput, "upload.unit_rows",
                 name + " has " + std::to_string(unit.rows) + " rows; it must have 1 to " +
                     std::to_string(most_rows));
  }
  const std::uint64_t chunks = (unit.rows + set.ring_degree() - 1) / set.ring_degree() + 1;
  if (entry.chunks != chunks || chunks > set.max_unit_chunks) {
    return disagreement(name + " has " + std::to_string(entry.chunks) + " chunks, its rows need " +
                        std::to_string(chunks));
  }
  if (!parts.legend->schema.allow_small_units && !table::unit_is_large_enough(unit.rows, columns)) {
    return Error(ErrorCode::kRefused, "upload.small_unit",
                 name + " has " + std::to_string(unit.rows) + " rows for " +
                     std::to_string(columns) + " stored columns; a unit needs " +
                     std::to_string(table::kMinRowsPerColumn) + " rows per column",
                 "fewer columns or partitions, or allow_small_units = true in the schema");
  }
  if (entry.cap_of_totals > table::cap_of_totals(unit.rows)) {
    return Error(ErrorCode::kRefused, "upload.cap",
                 name + " lets the cloud answer " + std::to_string(entry.cap_of_totals) +
                     " totals; a third of its rows is " +
                     std::to_string(table::cap_of_totals(unit.rows)));
  }
  return base::ok();
}

Status check_partition(const table::Legend& legend) {
  std::vector<std::size_t> groups;
  for (const std::string& name : legend.schema.partition) {
    const table::ColumnSchema* column = legend.schema.find(name);
    if (column == nullptr) return disagreement("a partition names no column");
    groups.push_back(table::group_count(*column));
  }
  std::set<std::vector<std::uint32_t>> seen;
  for (const table::LegendUnit& unit : legend.units) {
    if (unit.partition.size() != groups.size()) return disagreement("the partition of a unit");
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (unit.partition[i] >= groups[i]) return disagreement("the partition of a unit");
    }
    if (!groups.empty() && !seen.insert(unit.partition).second) {
      return disagreement("two units hold one value of the partition");
    }
  }
  return base::ok();
}
}  // namespace

Status check_dataset_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kMaxDatasetNameBytes && is_letter(name[0]) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
                    });
  if (good) return base::ok();
  return Error(ErrorCode::kBadInput, "upload.dataset_name",
               "a dataset's name has small letters, digits and _ after a first letter, and at most "
               "63 bytes",
               "encrypt again with another --dataset");
}

Status check_parts(const open::UploadParts& parts) {
  const auto& body = parts.manifest->body();
  const table::Legend& legend = *parts.legend;
  CN_RETURN_IF_ERROR(check_dataset_name(legend.dataset));
  CN_ASSIGN(const auto layout,
            table::StoredLayout::create(legend.schema, parts.manifest->parameters()));
  if (layout.columns().size() != body.columns.size()) {
    return disagreement("the manifest has " + std::to_string(body.columns.size()) +
                        " columns, the schema makes " + std::to_string(layout.columns().size()));
  }
  if (legend.units.size() != body.units.size()) {
    return disagreement("the manifest has " + std::to_string(body.units.size()) +
                        " units, the legend " + std::to_string(legend.units.size()));
  }
  CN_RETURN_IF_ERROR(check_partition(legend));
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < body.units.size(); ++i) {
    CN_RETURN_IF_ERROR(check_unit(body.units[i], legend.units[i], i + 1, parts));
    rows += legend.units[i].rows;  // at most 65536 units of 2^32 rows
  }
  if (rows != legend.rows) return disagreement("the rows of the units do not add up");
  return base::ok();
}

Status check_append(const open::UploadParts& parts, const DatasetSoFar& dataset) {
  const table::Legend& legend = *parts.legend;
  if (dataset.schema.has_value()) {
    if (const auto key = first_difference(*dataset.schema, legend.schema)) {
      return Error(ErrorCode::kBadInput, "upload.other_schema",
                   "the dataset '" + legend.dataset +
                       "' was published with another schema; the first difference is in " + *key,
                   "encrypt again with the schema of the published versions, or under a new name");
    }
    // One set for all versions: a question is planned once, over one list of stored columns.
    const std::string published = dataset.schema->parameters.value_or("wide");
    const std::string offered = parts.manifest->parameters().name;
    if (offered != published) {
      return Error(ErrorCode::kBadInput, "upload.other_parameters",
                   "the versions of '" + legend.dataset +
                       "' are encrypted with the parameter set '" + published +
                       "', this upload with '" + offered + "'",
                   "set parameters = \"" + published + "\" in the schema, and encrypt again");
    }
  }
  const std::uint64_t limit = legend.schema.row_limit;
  if (legend.rows > limit || dataset.live_rows > limit - legend.rows) {
    return Error(ErrorCode::kRefused, "upload.row_limit",
                 "the live versions of '" + legend.dataset + "' have " +
                     std::to_string(dataset.live_rows) + " rows; with " +
                     std::to_string(legend.rows) + " more they pass row_limit " +
                     std::to_string(limit),
                 "drop a version, or publish under a new name with a larger row_limit");
  }
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::intake
