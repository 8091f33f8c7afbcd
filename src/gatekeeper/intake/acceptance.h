// SPDX-License-Identifier: Apache-2.0
// What an upload must be before it is taken in: manifest and legend must describe one table, its
// units must be large against their columns, and it must fit the dataset that it appends to. All
// that planning and opening later rely on is checked here, once. Pure functions; any thread.
#pragma once

#include "gatekeeper/open/unsealing.h"

namespace cryptonet::gatekeeper::intake {

/// kBadInput when the name cannot stand for a table in SQL without quotes: small letters, digits
/// and _ after a first letter, at most 63 bytes.
base::Status check_dataset_name(const std::string& name);

/// kBadInput naming the first thing in which manifest and legend disagree; kRefused for small units
/// and for a cap of totals above a third of the rows.
base::Status check_parts(const open::UploadParts& parts);

/// What a dataset already is.
struct DatasetSoFar {
  /// Of its live or past versions; `parameters` is their set, left out for `wide`.
  std::optional<table::Schema> schema;
  std::uint64_t live_rows = 0;  ///< of other uploads
};
/// kBadInput: another schema or parameter set. kRefused: more rows than row_limit.
base::Status check_append(const open::UploadParts& parts, const DatasetSoFar& dataset);

}  // namespace cryptonet::gatekeeper::intake
