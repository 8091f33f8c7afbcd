// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's home folder (mode 0700, files 0600; docs/formats/enrolment.md):
//   authority.key authority.crt   the deployment's certificate authority
//   server.key server.crt         this gatekeeper's certificate: serving, calling the cloud
//   sealing.key                   32 bytes, X25519: what contributors seal upload keys to
//   state.db                      enrolments, versions, frozen flags, opened totals (sealed)
//   uploads/<id>/                 manifest, key.sealed, legend.sealed, hints/<unit>
//   lock                          held by the one process that serves this home
//   enrol-cloud enrol-contributor enrol-researcher   the first invitations
#pragma once

#include <filesystem>
#include <memory>

#include "base/file_lock.h"
#include "gatekeeper/auth/enrolment.h"

namespace cryptonet::gatekeeper::home {

/// Makes the whole folder, or nothing: it is built beside its place and renamed. kBadInput when
/// `folder` exists and is not empty.
base::Status init(const std::filesystem::path& folder, base::FileSystem& files,
                  base::Randomness& randomness, net::TimePoint now);

/// An opened home. Moved nowhere once made, because parts of it refer to each other.
class Home {
 public:
  /// kBadInput when the folder is no home; kLocalIo or kIntegrity when a part of it cannot be used.
  static base::Result<std::unique_ptr<Home>> open(const std::filesystem::path& folder,
                                                  base::Randomness& randomness);
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home();

  state::Database& database() { return *database_; }
  state::Identities& identities() { return identities_; }
  const keys::KeyRing& keys() const { return keys_; }
  auth::Authority authority() { return {identities_, keys_, authority_}; }
  /// This gatekeeper's own end of every connection.
  net::TlsIdentity identity() const;
  /// Taken before serving and held until this object dies; the other commands need no lock.
  /// kRefused when another process serves the home: two of them would each take a strike at a
  /// total that was altered, and would write to the same hints.
  base::Status lock_for_serving();
  /// Makes sure that this gatekeeper's certificate carries the host name, for browsers: false where
  /// it does already; otherwise the authority signs a new one for the same key.
  base::Result<bool> answer_to(const std::string& host, base::FileSystem& files,
                               net::TimePoint now);
  std::filesystem::path uploads_folder() const { return folder_ / "uploads"; }

 private:
  Home(std::filesystem::path folder, std::unique_ptr<state::Database> database, keys::KeyRing keys);
  std::filesystem::path folder_;
  std::optional<base::FileLock> lock_;
  std::unique_ptr<state::Database> database_;
  state::Identities identities_;
  keys::KeyRing keys_;
  net::KeyAndCertificate authority_;
  net::KeyAndCertificate server_;
};

}  // namespace cryptonet::gatekeeper::home
