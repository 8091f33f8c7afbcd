// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's home folder (mode 0700, files 0600; docs/formats/enrolment.md):
//   seal.json                     how the master key is sealed (docs/formats/sealed_home.md)
//   master.key                    the master key itself, where nothing seals it
//   authority.crt                 the deployment's certificate authority; its key is in state.db
//   server.key server.crt         this gatekeeper's certificate: serving, calling the cloud. Bare,
//                                 because a sealed gatekeeper must be reached to be unsealed
//   state.db                      all other keys, enrolments, versions, opened totals (sealed)
//   audit/                        the audit log (docs/formats/audit.md)
//   uploads/<id>/                 manifest, key.sealed, legend.sealed, hints/<unit>
//   lock                          held by the one process that serves this home
//   address                       where that one listens
//   enrol-cloud enrol-contributor enrol-researcher   the first invitations
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/file_lock.h"
#include "gatekeeper/audit/log.h"
#include "gatekeeper/auth/enrolment.h"
#include "gatekeeper/keys/seal_file.h"
#include "gatekeeper/state/sealing_generations.h"

namespace cryptonet::gatekeeper::home {

/// Makes the whole folder, or nothing: it is built beside its place and renamed. kBadInput when
/// `folder` exists and is not empty. Gives the shares when the home is sealed by shares: they are
/// kept nowhere else.
base::Result<std::vector<keys::Share>> init(const std::filesystem::path& folder,
                                            base::FileSystem& files, base::Randomness& randomness,
                                            net::TimePoint now, const keys::Sealing& sealing = {});

/// Where a new home may be made: absolute, and nothing or an empty folder. kBadInput otherwise.
base::Result<std::filesystem::path> new_home_place(const std::filesystem::path& folder);

/// Notes a generation of the sealing key, with the authority's signature, in a transaction.
base::Status add_generation(state::Connection& connection, const keys::SealingKey& key,
                            const std::string& authority_key_pem, net::TimePoint now);
struct GenerationParts {
  const keys::MasterKey& master;
  const std::string& authority_key_pem;
  base::Randomness& randomness;
  net::TimePoint now;
};
/// Draws a sealing key; on disk, signed, when it returns.
base::Result<keys::SealingKey> make_generation(state::Database& database, std::uint32_t generation,
                                               const GenerationParts& parts);

/// An opened home, sealed until somebody gives its master key. Moved nowhere once made, because
/// parts of it refer to each other. Sealing and unsealing are for one thread at a time, while
/// nobody uses the keys; the rest is for any thread.
class Home {
 public:
  /// Sealed, unless nothing seals its master key. kBadInput when the folder is no home; kLocalIo or
  /// kIntegrity when a part of it cannot be used.
  static base::Result<std::unique_ptr<Home>> open(const std::filesystem::path& folder,
                                                  base::Randomness& randomness);
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home();

  state::Database& database() { return *database_; }
  state::Identities& identities() { return identities_; }

  /// As it is on the disk now: another process may have replaced it.
  base::Result<api::SealFile> seal_file() const;
  const std::filesystem::path& folder() const { return folder_; }
  bool sealed() const { return sealed_; }
  /// Loads every key. kIntegrity when it is not this home's master key, or a key does not open.
  base::Status unseal(const keys::MasterKey& master);
  /// Wipes every key. Nobody may be using one.
  void seal();
  /// Seals everything anew, under a new master key: `master` opens nothing from here on. Gives the
  /// shares, if it is to be by shares. Killed at any point it leaves a home that opens by the old
  /// way or by the new one. kRefused in the way from bare keys to bare keys.
  base::Result<std::vector<keys::Share>> reseal(const keys::MasterKey& master,
                                                const keys::Sealing& sealing,
                                                base::FileSystem& files,
                                                base::Randomness& randomness);
  /// Removes what a killed reseal() left of the old way.
  base::Status finish_reseal(base::FileSystem& files);
  /// The key to seal to now, and what the authority says of it.
  base::Result<state::SealingGeneration> sealing_generation();

  /// May be asked for while the home is sealed, and used only while it is not.
  const keys::KeyRing& keys() const { return keys_; }
  audit::Log& audit() { return audit_; }
  auth::Authority authority() { return {identities_, keys_, authority_}; }
  /// This gatekeeper's own end of every connection.
  net::TlsIdentity identity() const;
  /// Taken before serving and held until this object dies; the other commands need no lock.
  /// kRefused when another process serves the home: two of them would each take a strike at a
  /// total that was altered, and would write to the same hints.
  base::Status lock_for_serving();
  /// Taken while keys are written, or written under: one such command at a time. Waits ten seconds
  /// for another; kRefused then.
  base::Status lock_keys();
  void unlock_keys() { keys_lock_.reset(); }
  /// Makes sure that this gatekeeper's certificate carries the host name, for browsers: false where
  /// it does already; otherwise the authority signs a new one for the same key.
  base::Result<bool> answer_to(const std::string& host, base::FileSystem& files,
                               net::TimePoint now);
  std::filesystem::path uploads_folder() const { return folder_ / "uploads"; }
  /// Where the one who serves says how to reach it.
  std::filesystem::path address_file() const { return folder_ / "address"; }

 private:
  Home(std::filesystem::path folder, std::unique_ptr<state::Database> database,
       base::Randomness& randomness);
  std::filesystem::path folder_;
  std::optional<base::FileLock> lock_;
  std::optional<base::FileLock> keys_lock_;
  std::unique_ptr<state::Database> database_;
  state::Identities identities_;
  keys::KeyRing keys_;
  audit::Log audit_;
  std::atomic<bool> sealed_{true};
  net::KeyAndCertificate authority_;
  net::KeyAndCertificate server_;
};

}  // namespace cryptonet::gatekeeper::home
