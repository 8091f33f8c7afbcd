// SPDX-License-Identifier: Apache-2.0
// The cloud's folder D and what must be true of it before anything else happens:
//   D/lock                    held (flock) by the one program that serves this home
//   D/secret                  32 bytes, mode 0600: the blinding secret, made once
//   D/segments/<sha256 hex>   immutable segment files
//   D/uploads/<upload hex>/manifest
//   D/ledger/<upload hex>     totals ever answered (docs/formats/ledger.md); outlives the upload
// Files of an unfinished write (<name>.partial.<pid>) are removed on start. Movable; opened by one
// thread.
#pragma once

#include <filesystem>

#include "base/file_lock.h"
#include "base/file_system.h"
#include "base/randomness.h"
#include "base/secret_memory.h"
#include "columns/format/ids.h"

namespace cryptonet::cloud::store {

class Home {
 public:
  /// Makes the folders and the secret where they are missing. kRefused when another program serves
  /// this home; kIntegrity when the secret is missing beside ledgers that were written under it.
  static base::Result<Home> open(base::FileSystem& files, const std::filesystem::path& folder,
                                 base::Randomness& randomness);

  /// kLocalIo when a file of so many bytes would leave less than 64 MiB, which ledgers need.
  base::Status require_space(std::uint64_t bytes) const;

  base::FileSystem& files() const { return *files_; }
  const base::Secret<32>& secret() const { return secret_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path segments() const { return folder_ / "segments"; }
  std::filesystem::path uploads() const { return folder_ / "uploads"; }
  std::filesystem::path ledgers() const { return folder_ / "ledger"; }
  std::filesystem::path segment(const base::Digest& name) const {
    return segments() / base::to_hex(name);
  }
  std::filesystem::path upload(const columns::format::UploadId& id) const {
    return uploads() / id.hex();
  }
  std::filesystem::path manifest(const columns::format::UploadId& id) const {
    return upload(id) / "manifest";
  }
  std::filesystem::path ledger(const columns::format::UploadId& id) const {
    return ledgers() / id.hex();
  }

 private:
  Home(base::FileSystem& files, std::filesystem::path folder, base::FileLock lock)
      : files_(&files), folder_(std::move(folder)), lock_(std::move(lock)) {}
  base::Status load_or_make_secret(base::Randomness& randomness);
  base::Status sweep() const;
  /// What a crash left renamed but not synced counts from now on, so it must not be lost later.
  base::Status make_durable() const;
  base::FileSystem* files_;
  std::filesystem::path folder_;
  base::FileLock lock_;
  base::Secret<32> secret_;
};

/// The names of the entries of a folder, sorted.
base::Result<std::vector<std::string>> list_folder(const std::filesystem::path& folder);

}  // namespace cryptonet::cloud::store
