// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/ledger.md. A batch of records is appended and fsynced as one; each record
// says where its batch began, and so vouches that everything before that was durable.
#include "cloud/store/ledger.h"

#include <algorithm>
#include <map>

#include "base/hash.h"

namespace cryptonet::cloud::store {
namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::ColumnPair;
using columns::format::Manifest;

constexpr std::string_view kMagic = "CNLG";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kRecordBytes = 32;
constexpr std::size_t kTagBytes = 16;
/// 2^27 records; a cap of totals comes nowhere near in practice.
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 32;

Bytes header_of(const Manifest& manifest) {
  base::ByteWriter writer;
  writer.raw(base::view_of(kMagic));
  writer.u8(kVersion);
  for (int i = 0; i < 3; ++i) writer.u8(0);
  writer.raw(manifest.body().upload.bytes);
  writer.raw(manifest.digest());
  writer.u64(0);
  return std::move(writer).take();
}

Error damaged(const std::filesystem::path& path) {
  return Error(ErrorCode::kIntegrity, "ledger.damaged",
               "the record of answered totals is missing or damaged, so its cap cannot be kept",
               "restore the file from a backup, or drop this version and upload the table anew")
      .at(path.string());
}

std::array<std::uint8_t, kTagBytes> tag_of(ByteView header, std::uint64_t index, ByteView content) {
  base::ByteWriter position;
  position.u64(index);
  std::array<std::uint8_t, kTagBytes> tag{};
  base::Blake2bStream hash({}, kTagBytes);
  hash.update(header);
  hash.update(position.bytes());
  hash.update(content);
  hash.finish(tag);
  return tag;
}

/// What a crash leaves of a record that did not reach the disk: the file grew, and reads as zeros.
/// Sectors hold whole records, so nothing else but rot makes a bad one.
bool is_unwritten(ByteView slot) {
  return std::all_of(slot.begin(), slot.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::uint64_t pair_key(const ColumnPair& pair) {
  return std::uint64_t{pair.left} << 32 | pair.right;
}

}  // namespace

Ledger::Ledger(base::FileSystem& files, std::filesystem::path path, const Manifest& manifest)
    : files_(files), path_(std::move(path)), manifest_(manifest), header_(header_of(manifest)) {}

Status Ledger::pin(base::FileSystem& files, const std::filesystem::path& path,
                   const Manifest& manifest) {
  const Bytes header = header_of(manifest);
  std::error_code code;
  if (!std::filesystem::exists(path, code)) {
    return base::write_atomically(files, path, header, 0600);
  }
  CN_ASSIGN(const Bytes file, base::read_file(path, kMaxFileBytes));
  if (file.size() < kHeaderBytes) return damaged(path);
  if (!std::equal(header.begin(), header.end(), file.begin())) {
    return Error(ErrorCode::kRefused, "store.upload_taken",
                 "this upload id belongs to another manifest, and ids are never used again",
                 "encrypt the table again: that draws a new id");
  }
  return base::ok();
}

Result<std::unique_ptr<Ledger>> Ledger::open(base::FileSystem& files,
                                             const std::filesystem::path& path,
                                             const Manifest& manifest) {
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return damaged(path);
  CN_ASSIGN(const Bytes file, base::read_file(path, kMaxFileBytes));
  std::unique_ptr<Ledger> ledger(new Ledger(files, path, manifest));
  const bool has_header = file.size() >= kHeaderBytes &&
                          std::equal(ledger->header_.begin(), ledger->header_.end(), file.begin());
  if (!has_header) return damaged(path);
  CN_RETURN_IF_ERROR(ledger->load(ByteView(file).subspan(kHeaderBytes)));
  return ledger;
}

Status Ledger::load(ByteView bytes) {
  const std::size_t slots = bytes.size() / kRecordBytes;
  std::uint64_t vouched = 0;  // all slots below this one were durable once
  std::size_t first_bad = slots;
  bool rotten = false;
  for (std::size_t i = 0; i < slots; ++i) {
    const ByteView slot = bytes.subspan(i * kRecordBytes, kRecordBytes);
    const ByteView content = slot.first(kRecordBytes - kTagBytes);
    ByteReader reader(content);
    TotalName total{reader.u32(), {}};
    total.pair.left = reader.u32();
    total.pair.right = reader.u32();
    const std::uint32_t batch = reader.u32();
    const auto tag = tag_of(header_, i, content);
    if (!std::equal(tag.begin(), tag.end(), slot.last(kTagBytes).begin())) {
      first_bad = std::min(first_bad, i);
      rotten = rotten || !is_unwritten(slot);
      continue;
    }
    vouched = std::max<std::uint64_t>(vouched, batch);
    remember(total);
    records_.push_back(total);
  }
  if (rotten || first_bad < vouched) return damaged(path_);
  const bool torn = first_bad < slots || bytes.size() % kRecordBytes != 0;
  if (torn) return rewrite();
  CN_ASSIGN(file_, files_.open_append(path_, 0600, false));
  // A kill between append and fsync: these count as answered, and are never written again.
  return file_->sync();
}

Status Ledger::rewrite() {
  file_.reset();
  Bytes whole = header_;
  const Bytes body = encode(records_, 0);
  whole.insert(whole.end(), body.begin(), body.end());
  CN_RETURN_IF_ERROR(base::write_atomically(files_, path_, whole, 0600));
  CN_ASSIGN(file_, files_.open_append(path_, 0600, false));
  return base::ok();
}

Bytes Ledger::encode(std::span<const TotalName> totals, std::uint64_t first_index) const {
  Bytes bytes;
  bytes.reserve(totals.size() * kRecordBytes);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    base::ByteWriter writer;
    writer.u32(totals[i].unit);
    writer.u32(totals[i].pair.left);
    writer.u32(totals[i].pair.right);
    writer.u32(static_cast<std::uint32_t>(first_index));
    const auto tag = tag_of(header_, first_index + i, writer.bytes());
    bytes.insert(bytes.end(), writer.bytes().begin(), writer.bytes().end());
    bytes.insert(bytes.end(), tag.begin(), tag.end());
  }
  return bytes;
}

bool Ledger::knows(const TotalName& total) const {
  const auto unit = by_unit_.find(total.unit);
  return unit != by_unit_.end() && unit->second.contains(pair_key(total.pair));
}

void Ledger::remember(const TotalName& total) { by_unit_[total.unit].insert(pair_key(total.pair)); }

Status Ledger::check_cap_locked(std::span<const TotalName> totals) const {
  std::map<std::uint32_t, std::uint64_t> fresh;
  for (const TotalName& total : totals) {
    if (!knows(total)) ++fresh[total.unit];
  }
  for (const auto& [unit, count] : fresh) {
    const auto known = by_unit_.find(unit);
    const std::uint64_t before = known == by_unit_.end() ? 0 : known->second.size();
    const std::uint64_t cap = manifest_.body().units[unit].cap_of_totals;
    if (before <= cap && count <= cap - before) continue;
    return Error(ErrorCode::kRefused, "ledger.cap_of_totals",
                 "this question needs " + std::to_string(count) +
                     " new totals of one unit, of which " + std::to_string(before) +
                     " of at most " + std::to_string(cap) +
                     " were answered already; as many totals as rows would tell the rows",
                 "ask for fewer groups or columns, or for what was answered before");
  }
  return base::ok();
}

Status Ledger::check_cap(std::span<const TotalName> totals) const {
  const std::lock_guard lock(mutex_);
  return check_cap_locked(totals);
}

Status Ledger::record(std::span<const TotalName> totals) {
  const std::lock_guard lock(mutex_);
  CN_RETURN_IF_ERROR(check_cap_locked(totals));
  std::vector<TotalName> fresh;
  for (const TotalName& total : totals) {
    if (!knows(total)) fresh.push_back(total);
  }
  if (fresh.empty()) return base::ok();
  if (kHeaderBytes + (records_.size() + fresh.size()) * kRecordBytes > kMaxFileBytes) {
    return Error(ErrorCode::kRefused, "ledger.full", "the record of answered totals is full");
  }
  if (file_ == nullptr) CN_RETURN_IF_ERROR(rewrite());
  const Bytes batch = encode(fresh, records_.size());
  Status written = file_->append(batch);
  if (written.ok()) written = file_->sync();
  if (!written.ok()) {
    file_.reset();  // what is at the end of the file now is anybody's guess
    return written;
  }
  for (const TotalName& total : fresh) remember(total);
  records_.insert(records_.end(), fresh.begin(), fresh.end());
  return base::ok();
}

std::uint64_t Ledger::answered(std::uint32_t unit) const {
  const std::lock_guard lock(mutex_);
  const auto known = by_unit_.find(unit);
  return known == by_unit_.end() ? 0 : known->second.size();
}

}  // namespace cryptonet::cloud::store
