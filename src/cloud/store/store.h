// SPDX-License-Identifier: Apache-2.0
// Everything the cloud keeps: manifests, the segments that they name, and the ledger of each
// upload. An upload exists while its manifest is there; deleting it removes the manifest first,
// then the segments, and never the ledger. Safe from several threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "cloud/store/home.h"
#include "cloud/store/ledger.h"
#include "cloud/store/segments.h"

namespace cryptonet::cloud::store {

/// A manifest that the cloud accepted. Immutable; whoever works with it holds it alive.
struct Upload {
  /// Where a segment stands in the manifest.
  struct Place {
    std::uint32_t unit = 0;
    std::uint32_t column = 0;
    std::uint32_t segment = 0;
  };
  columns::format::Manifest manifest;
  std::map<base::Digest, Place> places;
};

/// What is there of an upload; the digest is empty when nothing is.
struct UploadStatus {
  bool present = false;
  base::Digest manifest_digest{};
  std::vector<base::Digest> missing;
  bool complete() const { return present && missing.empty(); }
};

class Store {
 public:
  /// Opens the home and finishes what a crash left: unfinished files and segments without a
  /// manifest go. A manifest that no longer parses is kept, reported by damaged(), and answers
  /// nothing.
  static base::Result<std::unique_ptr<Store>> open(base::FileSystem& files,
                                                   const std::filesystem::path& folder,
                                                   base::Randomness& randomness);

  /// Accepts a manifest for good. kBadInput when it is for another upload or names a segment twice,
  /// kRefused when the id is taken by other bytes; the same bytes again are harmless.
  base::Status put_manifest(const columns::format::UploadId& id, base::ByteView bytes);
  /// True when it was there already. kBadInput when the manifest does not name it, kIntegrity when
  /// hash or header are wrong.
  base::Result<bool> put_segment(const columns::format::UploadId& id, const base::Digest& name,
                                 base::ByteView bytes);
  UploadStatus status(const columns::format::UploadId& id) const;
  /// Harmless when it is not there.
  base::Status remove(const columns::format::UploadId& id);

  /// rule "store.upload_not_found" when it is not there.
  base::Result<std::shared_ptr<const Upload>> find(const columns::format::UploadId& id) const;
  /// The ledger of a found upload, read from disk on first use.
  base::Result<std::shared_ptr<Ledger>> ledger(const std::shared_ptr<const Upload>& upload);
  Segments& segments() { return *segments_; }
  const base::Secret<32>& secret() const { return home_.secret(); }

  std::uint64_t uploads() const;
  /// Folders of uploads whose manifest could not be read at the start.
  const std::vector<std::string>& damaged() const { return damaged_; }

 private:
  struct OpenLedger {
    std::shared_ptr<const Upload> upload;  ///< the ledger refers to its manifest
    std::unique_ptr<Ledger> ledger;
  };
  explicit Store(Home home) : home_(std::move(home)) {}
  base::Status load();
  base::Status remove_orphans();

  Home home_;
  std::unique_ptr<Segments> segments_;
  mutable std::mutex mutex_;
  std::map<columns::format::UploadId, std::shared_ptr<const Upload>> uploads_;
  std::map<columns::format::UploadId, std::shared_ptr<OpenLedger>> ledgers_;
  std::vector<std::string> damaged_;
  std::mutex manifests_mutex_;  ///< one change of manifests at a time
};

}  // namespace cryptonet::cloud::store
