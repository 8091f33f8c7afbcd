// SPDX-License-Identifier: Apache-2.0
// The words of the roles, as they stand in certificates, enrolment files and commands.
#include <array>
#include <utility>

#include "net/http.h"

namespace cryptonet::net {
namespace {
constexpr std::array<std::pair<PeerRole, std::string_view>, 4> kRoles = {{
    {PeerRole::kGatekeeper, "gatekeeper"},
    {PeerRole::kCloud, "cloud"},
    {PeerRole::kContributor, "contributor"},
    {PeerRole::kResearcher, "researcher"},
}};
}  // namespace

std::string_view role_name(PeerRole role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "none";
}

PeerRole role_from_name(std::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return PeerRole::kNone;
}

Lane lane_from_name(std::string_view name) {
  if (name == "sign_in") return Lane::kSignIn;
  if (name == "probe") return Lane::kProbe;
  if (name == "inline") return Lane::kInline;
  CHECK(name == "work");
  return Lane::kWork;
}

}  // namespace cryptonet::net
