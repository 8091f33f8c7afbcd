// SPDX-License-Identifier: Apache-2.0
// Openings are told as a distribution over uploads: how many uploads had how many totals opened. A
// label for each upload would name datasets to whoever reads the metrics.
#include "gatekeeper/serve/figures.h"

#include <algorithm>
#include <filesystem>

namespace cryptonet::gatekeeper::serve {
namespace {
using Counts = net::Metrics::Counts;

std::optional<Counts> openings_by_upload(state::Uploads& uploads) {
  const auto openings = uploads.openings();
  if (!openings.ok()) return std::nullopt;
  Counts counts;
  counts.bounds = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
  counts.things.resize(counts.bounds.size() + 1);
  for (const state::Openings& of_one : *openings) {
    const auto opened = static_cast<double>(of_one.totals);
    if (opened == 0) continue;
    const auto bound = std::lower_bound(counts.bounds.begin(), counts.bounds.end(), opened);
    ++counts.things[static_cast<std::size_t>(bound - counts.bounds.begin())];
    counts.sum += opened;
  }
  return counts;
}

/// A number of the state; nothing when the state cannot be read.
net::Metrics::Reading of_uploads(Parts& parts, std::uint64_t state::UploadFigures::*value) {
  return [&parts, value]() -> std::optional<double> {
    const auto figures = parts.uploads.figures();
    if (!figures.ok()) return std::nullopt;
    return static_cast<double>((*figures).*value);
  };
}
}  // namespace

void add_figures(net::Metrics& metrics, Parts& parts) {
  metrics.add("ready", "1 when /readyz says yes",
              [&parts] { return std::optional<double>(parts.readiness.state().ok() ? 1 : 0); });
  metrics.add("published_uploads", "Live versions of all datasets",
              of_uploads(parts, &state::UploadFigures::published));
  metrics.add("frozen_uploads", "Of them frozen", of_uploads(parts, &state::UploadFigures::frozen));
  metrics.add_counts("opened_totals_by_upload",
                     "Uploads by how many of their totals were ever opened",
                     [&parts] { return openings_by_upload(parts.uploads); });
  metrics.add("audit_records_total", "Records of the audit log",
              [&parts]() -> std::optional<double> {
                const auto pass = parts.seal_gate.enter();  // a head is signed with a sealed key
                if (!pass.ok()) return std::nullopt;
                const auto head = parts.audit.head();
                if (!head.ok()) return std::nullopt;
                return static_cast<double>(head->sequence);
              });
  metrics.add("state_disk_free_bytes", "Left on the disk of the home",
              [&parts]() -> std::optional<double> {
                std::error_code failed;
                const auto disk = std::filesystem::space(parts.home.uploads_folder(), failed);
                if (failed) return std::nullopt;
                return static_cast<double>(disk.available);
              });
}

}  // namespace cryptonet::gatekeeper::serve
