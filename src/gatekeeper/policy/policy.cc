// SPDX-License-Identifier: Apache-2.0
// The first rule of release; see policy.h.
#include "gatekeeper/policy/policy.h"

namespace cryptonet::gatekeeper::policy {
namespace {
bool reaches(std::int64_t count, std::uint64_t smallest) {
  return count >= 0 && static_cast<std::uint64_t>(count) >= smallest;
}
}  // namespace

bool may_release(const ReleasePolicy& policy, const Contribution& contribution) {
  if (!reaches(contribution.rows, policy.smallest_cell)) return false;
  return !contribution.persons || reaches(*contribution.persons, policy.smallest_cell);
}

}  // namespace cryptonet::gatekeeper::policy
