// SPDX-License-Identifier: Apache-2.0
// The policy of release: which numbers may leave. The first rule: an aggregate over fewer than
// `smallest_cell` contributing rows is suppressed, and where the schema declares a weight, so is
// one over fewer persons. Every rule that comes later is asked here too, so that no path to an
// answer goes round it. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

namespace cryptonet::gatekeeper::policy {

struct ReleasePolicy {
  std::uint64_t smallest_cell = 10;
};

/// What stands behind one aggregate of one group.
struct Contribution {
  std::int64_t rows = 0;                ///< non-null rows; complete pairs for COVAR and CORR
  std::optional<std::int64_t> persons;  ///< those of them that count as persons, with a weight
};

/// True when an aggregate with this behind it may leave.
bool may_release(const ReleasePolicy& policy, const Contribution& contribution);

}  // namespace cryptonet::gatekeeper::policy
