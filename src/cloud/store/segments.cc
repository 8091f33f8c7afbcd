// SPDX-License-Identifier: Apache-2.0
// Maps are kept open up to a bound, below the kernel's own (65,530 maps per process).
#include "cloud/store/segments.h"

#include <set>

#include "base/hash.h"

namespace cryptonet::cloud::store {
namespace {

using base::ByteView;
using base::Digest;
using base::Error;
using base::ErrorCode;
using base::MappedFile;
using base::Result;
using base::Status;
using columns::format::UploadId;

constexpr std::size_t kMaxMapped = 16384;

Error damaged(const Digest& name) {
  return Error(ErrorCode::kIntegrity, "store.segment_damaged",
               "segment " + base::to_hex(name) + " is damaged on the cloud's disk",
               "upload the same folder again: what is damaged is sent anew");
}

}  // namespace

Result<std::unique_ptr<Segments>> Segments::open(const Home& home) {
  std::unique_ptr<Segments> segments(new Segments(home));
  CN_ASSIGN(const std::vector<std::string> names, list_folder(home.segments()));
  for (const std::string& name : names) CN_RETURN_IF_ERROR(segments->load(name));
  return segments;
}

Status Segments::load(const std::string& name) {
  Digest digest{};
  if (!base::from_hex(name, digest)) return base::ok();
  CN_ASSIGN(const MappedFile file, MappedFile::open(home_.segments() / name));
  if (file.bytes().size() < columns::format::kSegmentHeaderBytes) return base::ok();
  const auto header = columns::format::parse_segment_header(
      file.bytes().first(columns::format::kSegmentHeaderBytes));
  if (!header.ok()) return base::ok();
  Entry entry;
  entry.upload = header->upload;
  entry.bytes = file.bytes().size();
  entries_[digest] = std::move(entry);
  return base::ok();
}

bool Segments::holds(const UploadId& upload, const Digest& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.upload == upload && !found->second.damaged;
}

bool Segments::knows(const UploadId& upload, const Digest& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.upload == upload;
}

Status Segments::put(const UploadId& upload, const Digest& name, ByteView bytes) {
  const std::lock_guard writer(writers_[name[0] % writers_.size()]);
  if (holds(upload, name)) return base::ok();
  CN_RETURN_IF_ERROR(home_.require_space(bytes.size()));
  CN_RETURN_IF_ERROR(base::write_atomically(home_.files(), home_.segment(name), bytes, 0600));
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[name];
  forget(entry);
  entry.upload = upload;
  entry.bytes = bytes.size();
  return base::ok();
}

Result<std::shared_ptr<const MappedFile>> Segments::map(const Digest& name) {
  bool verified = false;
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.damaged) return damaged(name);
    if (found->second.mapped != nullptr) return found->second.mapped;
    verified = found->second.verified;
    forgotten = found->second.forgotten;
  }
  CN_ASSIGN(MappedFile opened, MappedFile::open(home_.segment(name)));
  const auto mapped = std::make_shared<const MappedFile>(std::move(opened));
  const bool good = verified || base::sha256(mapped->bytes()) == name;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return damaged(name);
  const bool overtaken = found->second.forgotten != forgotten;  // who comes next hashes it again
  if (!good) {
    if (!overtaken) found->second.damaged = true;
    return damaged(name);
  }
  if (overtaken) return mapped;
  if (mapped_ >= kMaxMapped) {
    for (auto& [other, entry] : entries_) entry.mapped.reset();
    mapped_ = 0;
  }
  found->second.verified = true;
  found->second.mapped = mapped;
  ++mapped_;
  return mapped;
}

Error Segments::condemn(const Digest& name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return damaged(name);
  found->second.damaged = true;
  if (found->second.mapped != nullptr) --mapped_;
  found->second.mapped.reset();
  return damaged(name);
}

void Segments::forget(const Digest& name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) forget(found->second);
}

void Segments::forget(Entry& entry) {
  if (entry.mapped != nullptr) --mapped_;
  entry.mapped.reset();
  entry.verified = false;
  entry.damaged = false;
  ++entry.forgotten;
}

Status Segments::remove_all(const UploadId& upload) {
  std::vector<Digest> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : entries_) {
      if (entry.upload == upload) names.push_back(name);
    }
  }
  for (const Digest& name : names) {
    CN_RETURN_IF_ERROR(home_.files().remove_tree(home_.segment(name)));
    const std::lock_guard lock(mutex_);
    entries_.erase(name);
  }
  return names.empty() ? base::ok() : home_.files().sync_folder(home_.segments());
}

std::vector<UploadId> Segments::owners() const {
  const std::lock_guard lock(mutex_);
  std::set<UploadId> owners;
  for (const auto& [name, entry] : entries_) owners.insert(entry.upload);
  return {owners.begin(), owners.end()};
}

Segments::Figures Segments::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures;
  for (const auto& [name, entry] : entries_) {
    ++figures.segments;
    figures.bytes += entry.bytes;
  }
  return figures;
}

}  // namespace cryptonet::cloud::store
