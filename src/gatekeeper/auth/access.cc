// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/access.h"

#include <algorithm>

#include "gatekeeper/auth/sign_in.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::int64_t kWriteUseEveryS = 60;
constexpr std::size_t kMostUses = 65536;

const char* state_word(const state::AccessKey& key, std::int64_t last_used_s, std::int64_t now_s) {
  if (key.ended_at.has_value()) return "ended";
  if (now_s >= key.expires_at) return "expired";
  if (now_s >= last_used_s + key.idle_s) return "idle";
  return "live";
}
}  // namespace

std::int64_t Access::last_used(const state::AccessKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = uses_.find(key.id);
  return found == uses_.end() ? key.last_used_at : std::max(key.last_used_at, found->second.last_s);
}

Status Access::note_use(const state::AccessKey& key, std::int64_t now_s) {
  {
    const std::lock_guard lock(mutex_);
    if (uses_.size() >= kMostUses) uses_.clear();
    Use& use = uses_[key.id];
    use.last_s = std::max(use.last_s, now_s);
    if (now_s < std::max(use.written_s, key.last_used_at) + kWriteUseEveryS) return base::ok();
    use.written_s = now_s;
  }
  CN_RETURN_IF_ERROR(keys_.touch(key.id, now_s));
  return clock_.remember();
}

Result<Caller> Access::live(const base::Digest& hash, std::int64_t now_s) {
  CN_ASSIGN(auto key, keys_.find(hash));
  if (!key.has_value() || std::string_view(state_word(*key, last_used(*key), now_s)) != "live") {
    return not_signed_in();
  }
  CN_ASSIGN(auto person, people_.find(key->person));
  if (!person.has_value() || person->disabled) return not_signed_in();
  return Caller{std::move(*person), std::move(*key)};
}

Result<Caller> Access::admit(std::string_view token, const net::Peer& machine) {
  if (token.empty()) return not_signed_in();
  const std::int64_t now_s = clock_.now_s();
  CN_ASSIGN(Caller caller, live(token_hash(token), now_s));
  const auto& bound_to = caller.key.certificate;
  if (bound_to.has_value() && *bound_to != machine.certificate_hash) return not_signed_in();
  CN_RETURN_IF_ERROR(note_use(caller.key, now_s));
  return caller;
}

Result<Caller> Access::still_admitted(const Caller& caller) {
  return live(caller.key.hash, clock_.now_s());
}

bool Access::is_fresh(const Caller& caller) {
  return caller.key.kind == state::KeyKind::kSession &&
         clock_.now_s() < caller.key.second_factor_at + kFreshS;
}

Result<api::AccessKeyMade> Access::make(const Caller& caller,
                                        const api::AccessKeyRequest& request) {
  const std::int64_t now_s = clock_.now_s();
  CN_ASSIGN(const auto live, keys_.list(caller.person.name, now_s));
  if (live.size() >= kMostKeysOfOne) {
    return Error(ErrorCode::kRefused, "access_key.too_many",
                 "you have " + std::to_string(live.size()) + " live keys, and " +
                     std::to_string(kMostKeysOfOne) + " is the limit",
                 "revoke some, or wait until they expire");
  }
  state::AccessKey key;
  std::string token = make_token(state::KeyKind::kAccessKey, randomness_);
  key.kind = state::KeyKind::kAccessKey;
  key.id = make_key_id(randomness_);
  key.hash = token_hash(token);
  key.person = caller.person.name;
  key.scope = request.scope;
  key.made_at = key.last_used_at = now_s;
  key.second_factor_at = caller.key.second_factor_at;
  key.expires_at = now_s + std::min(static_cast<std::int64_t>(request.ttl_s), kLongestAccessKeyS);
  key.idle_s = key.expires_at - now_s;
  CN_RETURN_IF_ERROR(clock_.remember());
  CN_RETURN_IF_ERROR(keys_.add(key));
  // Whoever ended the session before the key was there could not end the key with it.
  if (auto still = still_admitted(caller); !still.ok()) {
    CN_RETURN_IF_ERROR(keys_.end(key.id, now_s));
    return still.take_error();
  }
  return api::AccessKeyMade{key.id,
                            std::move(token),
                            key.person,
                            key.scope,
                            static_cast<std::uint64_t>(key.expires_at),
                            static_cast<std::uint64_t>(key.idle_s)};
}

Result<api::AccessKeyList> Access::list(const Caller& caller, bool everybody) {
  const std::int64_t now_s = clock_.now_s();
  const auto whose = everybody ? std::nullopt : std::optional(caller.person.name);
  CN_ASSIGN(const auto keys, keys_.list(whose, now_s));
  api::AccessKeyList list;
  for (const state::AccessKey& key : keys) {
    const std::int64_t used_s = last_used(key);
    list.keys.push_back({key.id, key.kind == state::KeyKind::kSession ? "session" : "access_key",
                         key.person, key.scope, static_cast<std::uint64_t>(key.made_at),
                         static_cast<std::uint64_t>(used_s),
                         static_cast<std::uint64_t>(key.expires_at), state_word(key, used_s, now_s),
                         key.id == caller.key.id});
  }
  return list;
}

Result<std::optional<std::string>> Access::owner(const std::string& id) {
  CN_ASSIGN(const auto key, keys_.find_by_id(id));
  if (!key.has_value()) return std::optional<std::string>();
  return std::optional(key->person);
}

Result<bool> Access::end(const std::string& id) { return keys_.end(id, clock_.now_s()); }

Status Access::remove_long_expired() { return keys_.remove_before(clock_.now_s() - kExpiredKeptS); }

}  // namespace cryptonet::gatekeeper::auth
