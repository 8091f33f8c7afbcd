// SPDX-License-Identifier: Apache-2.0
// For tests that sign in hundreds of times: adds people whose passwords hash at the lowest cost
// (a hash says its own) to the home of a gatekeeper that nothing seals, and prints what they sign
// in with, as JSON lines. `quick_people HOME PREFIX COUNT ROLE`.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "gatekeeper/auth/password.h"
#include "gatekeeper/auth/totp.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/state/people.h"

namespace {
using namespace cryptonet;
using namespace cryptonet::gatekeeper;

constexpr int kLowestCost = 4;

base::Status add_people(const char* folder, const std::string& prefix, int count,
                        state::Role role) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(folder, randomness));
  state::People people(home->database());
  for (int i = 0; i < count; ++i) {
    const std::string name = prefix + std::to_string(i);
    const std::string password = name + " has a long password";
    std::array<std::uint8_t, auth::kTotpSeedBytes> seed{};
    randomness.fill(seed);
    state::Credential credential;
    const auto secret = auth::peppered(home->keys().pepper(), password);
    credential.password_hash =
        auth::bcrypt({secret.data(), secret.size()}, randomness, kLowestCost);
    credential.sealed_totp =
        home->keys().seal(keys::RecordKind::kTotpSeed, base::view_of(name), seed);
    CN_RETURN_IF_ERROR(people.add(name, role, credential, 1));
    const nlohmann::json line = {{"user", name},
                                 {"role", state::role_word(role)},
                                 {"password", password},
                                 {"secret", auth::totp_secret_text(seed)},
                                 {"recovery_codes", nlohmann::json::array()}};
    std::printf("%s\n", line.dump().c_str());
  }
  return base::ok();
}
}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  const auto role = state::person_role_from_word(arguments[4]);
  if (!role.has_value()) return 2;
  const auto added = add_people(arguments[1], arguments[2], std::atoi(arguments[3]), *role);
  if (added.ok()) return 0;
  std::fprintf(stderr, "quick_people: %s\n", base::describe(added.error()).c_str());
  return static_cast<int>(added.error().code);
}
