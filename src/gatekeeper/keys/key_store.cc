// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/key_store.h"

#include <algorithm>
#include <charconv>

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Clear = base::SecretVector<std::uint8_t>;

constexpr std::string_view kRoot = "root";
constexpr std::string_view kRecords = "records";
constexpr std::string_view kAuthority = "authority";
constexpr std::string_view kSealingPrefix = "sealing/";

Error incomplete(std::string_view what) {
  return Error(ErrorCode::kIntegrity, "keys.kept",
               "the gatekeeper's state does not keep the key '" + std::string(what) +
                   "' under the master key that seal.json names",
               "seal.json and state.db must be of the same home folder; restore a backup");
}

Result<base::Secret<32>> key_of(const Clear& clear, std::string_view name) {
  if (clear.size() != 32) return incomplete(name);
  return base::Secret<32>::copy_of(std::span<const std::uint8_t, 32>(clear.data(), 32));
}

/// The generation in "sealing/7"; 0 for any other name.
std::uint32_t generation_of(std::string_view name) {
  std::uint32_t generation = 0;
  if (!name.starts_with(kSealingPrefix)) return 0;
  const auto digits = name.substr(kSealingPrefix.size());
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  return parsed.ec == std::errc() && name == sealing_key_name(generation) ? generation : 0;
}
}  // namespace

std::string sealing_key_name(std::uint32_t generation) {
  return std::string(kSealingPrefix) + std::to_string(generation);
}

Status keep(state::Database& database, const MasterKey& master, const KeptSecrets& secrets,
            base::Randomness& randomness) {
  return database.write(
      [&](state::Connection& connection) { return keep(connection, master, secrets, randomness); });
}

Status keep(state::Connection& connection, const MasterKey& master, const KeptSecrets& secrets,
            base::Randomness& randomness) {
  std::vector<state::KeptKey> kept;
  const auto add = [&](std::string_view name, base::ByteView clear) {
    kept.push_back({std::string(name), master.seal(name, clear, randomness)});
  };
  add(kRoot, secrets.ring.root.span());
  add(kRecords, secrets.ring.records.span());
  add(kAuthority, secrets.authority_key.span());
  for (const SealingKey& key : secrets.ring.sealing) {
    add(sealing_key_name(key.generation), key.secret.span());
  }
  return state::KeptKeys::replace(connection, master.id(), kept);
}

Result<KeptSecrets> load(state::Database& database, const MasterKey& master) {
  CN_ASSIGN(const auto kept, state::KeptKeys(database).find(master.id()));
  KeptSecrets secrets;
  bool root = false;
  bool records = false;
  for (const state::KeptKey& key : kept) {
    CN_ASSIGN(Clear clear, master.unseal(key.name, key.sealed));
    if (key.name == kRoot) {
      CN_ASSIGN(secrets.ring.root, key_of(clear, kRoot));
      root = true;
    } else if (key.name == kRecords) {
      CN_ASSIGN(secrets.ring.records, key_of(clear, kRecords));
      records = true;
    } else if (key.name == kAuthority) {
      secrets.authority_key = std::move(clear);
    } else if (const std::uint32_t generation = generation_of(key.name); generation != 0) {
      CN_ASSIGN(base::Secret<32> secret, key_of(clear, key.name));
      secrets.ring.sealing.push_back(sealing_key_of(generation, std::move(secret)));
    }
  }
  if (!root) return incomplete(kRoot);
  if (!records) return incomplete(kRecords);
  if (secrets.authority_key.size() == 0) return incomplete(kAuthority);
  if (secrets.ring.sealing.empty()) return incomplete(kSealingPrefix);
  std::sort(secrets.ring.sealing.begin(), secrets.ring.sealing.end(),
            [](const SealingKey& a, const SealingKey& b) { return a.generation > b.generation; });
  return secrets;
}

}  // namespace cryptonet::gatekeeper::keys
