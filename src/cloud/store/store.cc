// SPDX-License-Identifier: Apache-2.0
// The order of writes is the order of trust: the ledger pins an id before its manifest is there,
// the manifest is there before any of its segments, and goes before them.
#include "cloud/store/store.h"

#include <algorithm>

#include "base/hash.h"

namespace cryptonet::cloud::store {
namespace {

using base::ByteView;
using base::Digest;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::Manifest;
using columns::format::UploadId;

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 30;

/// Parses, and notes where each segment stands.
Result<std::shared_ptr<const Upload>> read_upload(ByteView bytes) {
  CN_ASSIGN(Manifest manifest, Manifest::parse(bytes));
  auto upload = std::make_shared<Upload>(Upload{std::move(manifest), {}});
  const auto& units = upload->manifest.body().units;
  for (std::uint32_t unit = 0; unit < units.size(); ++unit) {
    for (std::uint32_t column = 0; column < units[unit].segments.size(); ++column) {
      const auto& names = units[unit].segments[column];
      for (std::uint32_t segment = 0; segment < names.size(); ++segment) {
        const Upload::Place place{unit, column, segment};
        if (upload->places.emplace(names[segment], place).second) continue;
        return Error(ErrorCode::kBadInput, "store.segment_twice",
                     "the manifest names one segment in two places");
      }
    }
  }
  return std::shared_ptr<const Upload>(std::move(upload));
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(base::FileSystem& files,
                                           const std::filesystem::path& folder,
                                           base::Randomness& randomness) {
  CN_ASSIGN(Home home, Home::open(files, folder, randomness));
  std::unique_ptr<Store> store(new Store(std::move(home)));
  CN_RETURN_IF_ERROR(store->load());
  return store;
}

Status Store::load() {
  CN_ASSIGN(segments_, Segments::open(home_));
  CN_ASSIGN(const std::vector<std::string> names, list_folder(home_.uploads()));
  for (const std::string& name : names) {
    UploadId id;
    if (!base::from_hex(name, id.bytes)) continue;
    const auto path = home_.manifest(id);
    std::error_code code;
    if (!std::filesystem::exists(path, code)) {  // a crash between folder and manifest
      CN_RETURN_IF_ERROR(home_.files().remove_tree(home_.upload(id)));
      continue;
    }
    CN_ASSIGN(const base::Bytes bytes, base::read_file(path, kMaxManifestBytes));
    auto upload = read_upload(bytes);
    if (upload.ok() && (*upload)->manifest.body().upload == id) {
      uploads_[id] = std::move(*upload);
    } else {
      damaged_.push_back(name);
    }
  }
  return remove_orphans();
}

/// Segments whose upload has no folder are what a crash left of a deletion.
Status Store::remove_orphans() {
  for (const UploadId& owner : segments_->owners()) {
    std::error_code code;
    if (std::filesystem::exists(home_.upload(owner), code)) continue;
    CN_RETURN_IF_ERROR(segments_->remove_all(owner));
  }
  return base::ok();
}

Status Store::put_manifest(const UploadId& id, ByteView bytes) {
  CN_ASSIGN(std::shared_ptr<const Upload> upload, read_upload(bytes));
  if (upload->manifest.body().upload != id) {
    return Error(ErrorCode::kBadInput, "store.upload_id",
                 "the manifest is for another upload than the path says");
  }
  const std::lock_guard one_at_a_time(manifests_mutex_);
  CN_RETURN_IF_ERROR(home_.require_space(bytes.size()));
  CN_RETURN_IF_ERROR(Ledger::pin(home_.files(), home_.ledger(id), upload->manifest));
  {
    const std::lock_guard lock(mutex_);
    if (uploads_.contains(id)) return base::ok();  // pinned, so these are the same bytes
  }
  CN_RETURN_IF_ERROR(home_.files().make_folders(home_.upload(id), 0700));
  CN_RETURN_IF_ERROR(home_.files().sync_folder(home_.uploads()));
  CN_RETURN_IF_ERROR(base::write_atomically(home_.files(), home_.manifest(id), bytes, 0600));
  const std::lock_guard lock(mutex_);
  uploads_[id] = std::move(upload);
  return base::ok();
}

Result<bool> Store::put_segment(const UploadId& id, const Digest& name, ByteView bytes) {
  CN_ASSIGN(const std::shared_ptr<const Upload> upload, find(id));
  const auto found = upload->places.find(name);
  if (found == upload->places.end()) {
    return Error(ErrorCode::kBadInput, "store.segment_not_found",
                 "the manifest of this upload names no such segment");
  }
  if (base::sha256(bytes) != name) {
    return Error(ErrorCode::kIntegrity, "store.segment_hash",
                 "the segment arrived with other bytes than its name says",
                 "send it again; if that fails too, the upload folder is damaged");
  }
  const Upload::Place& place = found->second;
  CN_ASSIGN(const auto chunks, columns::format::segment_chunks(upload->manifest, place.unit,
                                                               place.column, place.segment, bytes));
  static_cast<void>(chunks);
  if (segments_->holds(id, name)) return true;
  CN_RETURN_IF_ERROR(segments_->put(id, name, bytes));
  auto still_there = find(id);
  if (still_there.ok()) return false;
  CN_RETURN_IF_ERROR(segments_->remove_all(id));  // deleted meanwhile
  return still_there.take_error();
}

UploadStatus Store::status(const UploadId& id) const {
  UploadStatus status;
  const auto upload = find(id);
  if (!upload.ok()) return status;
  status.present = true;
  status.manifest_digest = (*upload)->manifest.digest();
  for (const auto& [name, place] : (*upload)->places) {
    if (!segments_->holds(id, name)) status.missing.push_back(name);
  }
  return status;
}

Status Store::remove(const UploadId& id) {
  const std::lock_guard one_at_a_time(manifests_mutex_);
  {
    const std::lock_guard lock(mutex_);
    uploads_.erase(id);  // an open ledger stays open: two of them on one file would tear it
  }
  std::error_code code;
  if (std::filesystem::exists(home_.upload(id), code)) {
    CN_RETURN_IF_ERROR(home_.files().remove_tree(home_.manifest(id)));
    CN_RETURN_IF_ERROR(home_.files().remove_tree(home_.upload(id)));
    CN_RETURN_IF_ERROR(home_.files().sync_folder(home_.uploads()));
  }
  return segments_->remove_all(id);
}

Result<std::shared_ptr<const Upload>> Store::find(const UploadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found != uploads_.end()) return found->second;
  if (std::find(damaged_.begin(), damaged_.end(), id.hex()) != damaged_.end()) {
    return Error(ErrorCode::kIntegrity, "store.manifest_damaged",
                 "the manifest of this upload is damaged on the cloud's disk",
                 "upload the same folder again");
  }
  return Error(ErrorCode::kBadInput, "store.upload_not_found",
               "the cloud has no upload " + id.hex());
}

Result<std::shared_ptr<Ledger>> Store::ledger(const std::shared_ptr<const Upload>& upload) {
  const UploadId id = upload->manifest.body().upload;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<OpenLedger>& open = ledgers_[id];
  if (open == nullptr) {
    auto ledger = Ledger::open(home_.files(), home_.ledger(id), upload->manifest);
    if (!ledger.ok()) {
      ledgers_.erase(id);
      return ledger.take_error();
    }
    open = std::make_shared<OpenLedger>(OpenLedger{upload, std::move(*ledger)});
  }
  return std::shared_ptr<Ledger>(open, open->ledger.get());
}

std::uint64_t Store::uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

}  // namespace cryptonet::cloud::store
