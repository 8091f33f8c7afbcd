// SPDX-License-Identifier: Apache-2.0
// What can be asked: names, versions, columns and their dictionaries.
#include "gatekeeper/people/rights.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;
using net::HttpResponse;

/// Machines that come alone see all: those of contributors, who publish.
Result<bool> may_see(Parts& parts, const std::optional<auth::Caller>& caller,
                     const std::string& dataset) {
  if (!caller.has_value()) return true;
  return people::may_see(parts.gate.people, *caller, dataset);
}

Result<HttpResponse> list(Parts& parts, const std::optional<auth::Caller>& caller) {
  CN_ASSIGN(const auto datasets, parts.uploads.datasets());
  api::DatasetList list;
  for (const state::DatasetVersions& dataset : datasets) {
    CN_ASSIGN(const bool visible, may_see(parts, caller, dataset.name));
    if (!visible) continue;
    api::DatasetSummary summary;
    summary.name = dataset.name;
    for (const state::Upload& upload : dataset.live) {
      summary.version = upload.version;
      summary.versions.push_back(upload.version);
      summary.rows += upload.rows;
      summary.frozen = summary.frozen || parts.freezer.is_frozen(upload);
    }
    list.datasets.push_back(std::move(summary));
  }
  return net::json_response(list.to_json());
}

std::string label_of(const table::Group& group) {
  if (group.kind == table::Group::Kind::kNull) return "NULL";
  const auto* number = std::get_if<std::int64_t>(&group.label);
  return number != nullptr ? std::to_string(*number) : std::get<std::string>(group.label);
}

api::ColumnDescription describe_column(const table::ColumnSchema& column) {
  api::ColumnDescription described;
  described.name = column.name;
  described.role = table::role_name(column.role);
  described.from = column.from;
  described.nullable = column.nullable;
  if (column.role == table::Role::kMeasure) {
    described.decimals = column.decimals;
    described.min = table::decimal_text(column.min, column.decimals);
    described.max = table::decimal_text(column.max, column.decimals);
    described.powers = column.powers;
    return described;
  }
  if (column.role == table::Role::kBins) described.decimals = column.decimals;
  if (column.part != table::DatePart::kNone) described.part = table::part_name(column.part);
  for (const table::Group& group : table::groups_of(column)) {
    described.groups.push_back(label_of(group));
  }
  return described;
}

Result<HttpResponse> describe(Parts& parts, const std::optional<auth::Caller>& caller,
                              const std::string& name) {
  CN_ASSIGN(const bool visible, may_see(parts, caller, name));
  if (!visible) {
    return base::Error(base::ErrorCode::kRefused, "access.dataset",
                       "you may not see '" + name + "'", "ask a custodian for a role");
  }
  CN_ASSIGN(const open::Dataset dataset, parts.catalogue.load(name));
  const table::Schema& schema = dataset.view.schema;
  api::DatasetDescription description;
  description.name = name;
  for (const open::LiveVersion& version : dataset.versions) {
    const state::Upload& upload = version.upload;
    description.version = upload.version;
    description.versions.push_back({upload.version, upload.id.hex(), upload.rows,
                                    static_cast<std::uint32_t>(version.parts.legend->units.size()),
                                    parts.freezer.is_frozen(upload)});
  }
  for (const table::ColumnSchema& column : schema.columns) {
    if (column.role != table::Role::kIgnore) {
      description.columns.push_back(describe_column(column));
    }
  }
  description.crosses = schema.crosses;
  description.partition = schema.partition;
  description.lattice = schema.lattice;
  return net::json_response(description.to_json());
}
}  // namespace

void add_dataset_routes(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(
      person_route(parts, api::gatekeeper::kListDatasets,
                   [&parts](const auto& caller, const auto&) { return list(parts, caller); }));
  routes.push_back(person_route(parts, api::gatekeeper::kDescribeDataset,
                                [&parts](const auto& caller, const net::HttpRequest& request) {
                                  return describe(parts, caller, request.path_parameters.at(0));
                                }));
}

}  // namespace cryptonet::gatekeeper::serve
