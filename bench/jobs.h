// SPDX-License-Identifier: Apache-2.0
// The jobs that are timed, over one table of integers encrypted as an upload of one unit with the
// wide set. Each checks its own result: totals are opened with their check columns and compared
// with the clear ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/report.h"

namespace cryptonet::bench {

struct BenchOptions {
  std::uint64_t rows = 1'048'576;
  std::size_t threads = 1;
  /// Where peers find the same rows; empty: nowhere.
  std::string export_file;
  /// Whether the job of this name is wanted.
  std::function<bool(const std::string&)> wanted;
};

/// Nothing when the rows cannot be exported; else encrypt, sum, dot, group10, cov20, key_part,
/// unseal, open_first and open, as far as wanted.
std::optional<std::vector<JobResult>> run_jobs(const BenchOptions& options);

}  // namespace cryptonet::bench
