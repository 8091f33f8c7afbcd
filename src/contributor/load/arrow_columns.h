// SPDX-License-Identifier: Apache-2.0
// Arrow arrays as raw columns: borrowed where the memory already has the form, copied where not.
#pragma once

#include <arrow/api.h>

#include "base/result.h"
#include "contributor/load/raw_batch.h"

namespace cryptonet::contributor::load {

/// What a column of this type becomes.
RawKind raw_kind_of(const arrow::DataType& type);
/// Never fails for the types that raw_kind_of supports; others give kUnsupported.
RawColumn raw_column_of(const std::shared_ptr<arrow::Array>& array);

}  // namespace cryptonet::contributor::load
