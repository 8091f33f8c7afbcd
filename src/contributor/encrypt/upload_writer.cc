// SPDX-License-Identifier: Apache-2.0
// Appending, hashing, renaming. A segment's header needs its number of chunks, which is known
// because rows were counted before.
#include "contributor/encrypt/upload_writer.h"

#include <unistd.h>

#include <algorithm>

#include "columns/format/hints.h"

namespace cryptonet::contributor::encrypt {

namespace format = columns::format;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

namespace {
constexpr unsigned kFileMode = 0600;
constexpr unsigned kFolderMode = 0700;
constexpr std::string_view kPartial = ".partial.";

/// Partial folders of `out` whose writers are dead: nobody holds their lock any more. A process id
/// alone would not tell, because ids are used again.
Status remove_leftovers(base::FileSystem& files, const std::filesystem::path& out,
                        const std::filesystem::path& parent,
                        const std::function<void(const std::string&)>& warn) {
  const std::string prefix = out.filename().string() + std::string(kPartial);
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(parent, code)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(prefix) && name.size() > prefix.size() &&
                      name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
    if (!ours || entry.is_symlink(code) || !entry.is_directory(code)) continue;
    const auto lock = base::FileLock::try_folder(entry.path());
    if (!lock.ok() || !lock->has_value()) continue;  // another user's, or still being written
    CN_RETURN_IF_ERROR(files.remove_tree(entry.path()));
    if (warn) warn("removed " + entry.path().string() + ", left by an encrypt that was killed");
  }
  return base::ok();
}
}  // namespace

Status UnitWriter::append(std::uint32_t column, std::uint32_t chunk, base::ByteView packed) {
  Column& state = columns_[column];
  const std::filesystem::path partial =
      folder_ / ("partial-" + name_ + "-" + std::to_string(column));
  const bool first = !state.hash;
  CN_ASSIGN(const auto file, files_.open_append(partial, kFileMode, first));
  if (first) {
    CHECK(chunk % format::kChunksPerSegment == 0);
    format::SegmentHeader header = header_;
    header.column = ids_[column];
    header.first_chunk = chunk;
    header.chunks = std::min(format::kChunksPerSegment, chunks_ - chunk);
    const base::Bytes bytes = format::write_segment_header(header);
    state.hash.emplace();
    state.hash->update(bytes);
    CN_RETURN_IF_ERROR(file->append(bytes));
  }
  state.hash->update(packed);
  CN_RETURN_IF_ERROR(file->append(packed));
  const bool last = chunk + 1 == chunks_ || (chunk + 1) % format::kChunksPerSegment == 0;
  if (!last) return base::ok();
  CN_RETURN_IF_ERROR(file->sync());
  state.segments.push_back(state.hash->finish());
  state.hash.reset();
  return files_.rename(partial, folder_ / base::to_hex(state.segments.back()));
}

std::vector<std::vector<base::Digest>> UnitWriter::take_segments() {
  std::vector<std::vector<base::Digest>> segments;
  for (Column& column : columns_) segments.push_back(std::move(column.segments));
  return segments;
}

Result<UploadWriter> UploadWriter::create(base::FileSystem& files, std::filesystem::path out,
                                          std::uint64_t bytes_needed,
                                          const std::function<void(const std::string&)>& warn) {
  while (out.has_relative_path() && out.filename().empty()) out = out.parent_path();
  std::error_code ignored;
  if (out.filename().empty() || std::filesystem::exists(out, ignored)) {
    return Error(ErrorCode::kUsage, "encrypt.out_exists",
                 "the folder for the upload exists already", "give another --out, or remove it")
        .at(out.string());
  }
  const std::filesystem::path parent = out.has_parent_path() ? out.parent_path() : ".";
  CN_RETURN_IF_ERROR(files.make_folders(parent, kFolderMode));
  CN_RETURN_IF_ERROR(remove_leftovers(files, out, parent, warn));
  CN_ASSIGN(const std::uint64_t free, files.free_bytes(parent));
  if (free < bytes_needed) {
    return Error(ErrorCode::kLocalIo, "disk.space",
                 "the upload needs " + std::to_string(bytes_needed) + " bytes, the disk has " +
                     std::to_string(free) + " free",
                 "free some space, give another --out, or store fewer columns")
        .at(parent.string());
  }
  std::filesystem::path partial = out;
  partial += std::string(kPartial) + std::to_string(::getpid());
  CN_RETURN_IF_ERROR(files.remove_tree(partial));
  UploadWriter writer(files, std::move(out), partial);
  CN_RETURN_IF_ERROR(files.make_folders(partial, kFolderMode));
  CN_ASSIGN(auto lock, base::FileLock::try_folder(partial));
  if (lock.has_value()) writer.lock_.emplace(std::move(*lock));
  CN_RETURN_IF_ERROR(files.make_folders(partial / "segments", kFolderMode));
  CN_RETURN_IF_ERROR(files.make_folders(partial / "hints", kFolderMode));
  return writer;
}

UploadWriter::UploadWriter(UploadWriter&& other) noexcept
    : files_(other.files_),
      out_(std::move(other.out_)),
      partial_(std::exchange(other.partial_, {})),
      lock_(std::move(other.lock_)) {}

UploadWriter::~UploadWriter() {
  // What cannot be removed stays under a name that nobody takes for an upload.
  if (!partial_.empty()) static_cast<void>(files_->remove_tree(partial_).ok());
}

UnitWriter UploadWriter::open_unit(const format::ManifestBody& body,
                                   const format::UnitEntry& unit) const {
  UnitWriter writer(*files_, partial_ / "segments");
  writer.header_.parameter_set = body.parameter_set;
  writer.header_.upload = body.upload;
  writer.header_.unit = unit.id;
  writer.ids_ = body.columns;
  writer.chunks_ = unit.chunks;
  writer.name_ = unit.id.hex();
  writer.columns_.resize(body.columns.size());
  return writer;
}

Status UploadWriter::write_hints(format::ManifestBody& body, std::uint32_t unit,
                                 const columns::encrypt::UnitHints& hints) const {
  format::UnitEntry& entry = body.units[unit];
  const std::filesystem::path path = partial_ / "hints" / entry.id.hex();
  CN_ASSIGN(const auto file, files_->open_append(path, kFileMode, true));
  CN_RETURN_IF_ERROR(file->append(format::write_hint_header(body, unit)));
  CN_RETURN_IF_ERROR(file->append(hints.shared));
  entry.shared_hint_hash = base::sha256(hints.shared);
  for (const base::Bytes& hint : hints.columns) {
    CN_RETURN_IF_ERROR(file->append(hint));
    entry.hint_hashes.push_back(base::sha256(hint));
  }
  return file->sync();
}

Status UploadWriter::write_file(const std::string& name, base::ByteView bytes) const {
  CN_ASSIGN(const auto file, files_->open_append(partial_ / name, kFileMode, true));
  CN_RETURN_IF_ERROR(file->append(bytes));
  return file->sync();
}

Status UploadWriter::commit() {
  CN_RETURN_IF_ERROR(files_->sync_folder(partial_ / "segments"));
  CN_RETURN_IF_ERROR(files_->sync_folder(partial_ / "hints"));
  CN_RETURN_IF_ERROR(files_->sync_folder(partial_));
  CN_RETURN_IF_ERROR(files_->rename(partial_, out_));
  partial_.clear();
  return files_->sync_folder(out_.has_parent_path() ? out_.parent_path() : ".");
}

}  // namespace cryptonet::contributor::encrypt
