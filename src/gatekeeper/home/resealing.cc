// SPDX-License-Identifier: Apache-2.0
// Replacing the master key. The keys are kept a second time, under the new one; then seal.json,
// which says what counts, is replaced in one step; then the old set goes.
#include <thread>

#include "api/sealing_statement.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/keys/key_store.h"
#include "net/statement.h"

namespace cryptonet::gatekeeper::home {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Result<api::SealFile> Home::seal_file() const {
  return keys::read_seal_file(folder_ / keys::kSealFile);
}

Status Home::lock_keys() {
  if (keys_lock_.has_value()) return base::ok();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < until) {
    CN_ASSIGN(auto lock, base::FileLock::try_file(folder_ / "keys.lock"));
    if (lock.has_value()) {
      keys_lock_.emplace(std::move(*lock));
      return base::ok();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Error(ErrorCode::kRefused, "home.keys_in_use",
               "another command has been working with the keys of this home for 10 s",
               "wait for it to end and try again")
      .at(folder_.string());
}

Result<std::vector<keys::Share>> Home::reseal(const keys::MasterKey& master,
                                              const keys::Sealing& sealing, base::FileSystem& files,
                                              base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(lock_keys());
  CN_ASSIGN(const auto before, seal_file());
  if (base::to_hex(master.id()) != before.master) {
    return Error(ErrorCode::kRefused, "seal.changed",
                 "this home was sealed anew while this command ran", "start again")
        .at(folder_.string());
  }
  const bool bare = sealing.mode == keys::SealMode::kNone;
  if (bare && keys::mode_of(before) == keys::SealMode::kNone) {
    return Error(ErrorCode::kRefused, "seal.mode", "the keys of this home lie bare already");
  }
  CN_ASSIGN(const keys::KeptSecrets secrets, keys::load(*database_, master));
  const keys::MasterKey fresh = keys::MasterKey::generate(randomness);
  CN_ASSIGN(keys::Sealed sealed, keys::seal_master(fresh, sealing, randomness));
  CN_RETURN_IF_ERROR(keys::keep(*database_, fresh, secrets, randomness));
  if (bare) {
    CN_RETURN_IF_ERROR(
        base::write_atomically(files, folder_ / keys::kMasterFile, fresh.bytes(), 0600));
  }
  CN_RETURN_IF_ERROR(base::write_atomically(files, folder_ / keys::kSealFile,
                                            base::view_of(sealed.file.to_json() + "\n"), 0600));
  CN_RETURN_IF_ERROR(finish_reseal(files));
  return std::move(sealed.shares);
}

Status Home::finish_reseal(base::FileSystem& files) {
  CN_RETURN_IF_ERROR(lock_keys());
  CN_ASSIGN(const auto file, seal_file());
  keys::MasterId master{};
  CHECK(base::from_hex(file.master, master));  // read_seal_file
  CN_RETURN_IF_ERROR(state::KeptKeys(*database_).keep_only(master));
  CN_RETURN_IF_ERROR(database_->empty_log());
  if (keys::mode_of(file) == keys::SealMode::kNone) return base::ok();
  return files.remove_tree(folder_ / keys::kMasterFile);
}

Status add_generation(state::Connection& connection, const keys::SealingKey& key,
                      const std::string& authority_key_pem, net::TimePoint now) {
  CN_ASSIGN(auto statement,
            net::sign_statement(authority_key_pem,
                                api::sealing_statement(key.generation, key.public_key)));
  return state::SealingGenerations::add(
      connection, {key.generation, key.public_key, std::move(statement)}, auth::unix_seconds(now));
}

Result<keys::SealingKey> make_generation(state::Database& database, std::uint32_t generation,
                                         const GenerationParts& parts) {
  base::Secret<32> secret;
  parts.randomness.fill(secret.span());
  keys::SealingKey key = keys::sealing_key_of(generation, std::move(secret));
  const std::string name = keys::sealing_key_name(generation);
  const Status kept = database.write([&](state::Connection& connection) -> Status {
    const base::Bytes sealed = parts.master.seal(name, key.secret.span(), parts.randomness);
    CN_RETURN_IF_ERROR(state::KeptKeys::put(connection, parts.master.id(), {name, sealed}));
    return add_generation(connection, key, parts.authority_key_pem, parts.now);
  });
  if (!kept.ok()) return kept.error();
  return key;
}

Result<state::SealingGeneration> Home::sealing_generation() {
  CN_ASSIGN(auto newest, state::SealingGenerations(*database_).newest());
  if (newest.has_value()) return std::move(*newest);
  return Error(ErrorCode::kIntegrity, "home.sealing_generation",
               "the gatekeeper's state names no sealing key",
               "restore state.db from a backup of this home");
}

}  // namespace cryptonet::gatekeeper::home
