// SPDX-License-Identifier: Apache-2.0
// A torn write leaves a partial file whose length is no multiple of a piece, or pieces that do not
// match their hashes: the first is dropped when it is seen, the second when the unit is whole. A
// partial file that holds every piece was never proved, so it counts for nothing: were it counted,
// nothing would be missing and the unit would be published without its hints.
#include "gatekeeper/state/upload_files.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::kHintHeaderBytes;
using columns::format::Manifest;
using columns::format::UploadId;

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxSealedKeyBytes = 4096;
constexpr std::uint64_t kMaxHintTagsBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxSealedLegendBytes = std::uint64_t{64} << 20;

std::filesystem::path tags_of(std::filesystem::path file) {
  file += ".tags";
  return file;
}

std::filesystem::path partial_of(std::filesystem::path file) {
  file += ".partial";
  return file;
}

/// Whole pieces in a partial file; nothing when there is none, its last write was torn, or a crash
/// came between its last piece and its proof.
std::optional<std::uint32_t> pieces_in(const Manifest& manifest,
                                       const std::filesystem::path& partial) {
  std::error_code missing;
  const std::uint64_t size = std::filesystem::file_size(partial, missing);
  const std::size_t piece = manifest.parameters().packed_bytes();
  if (missing || size < kHintHeaderBytes || (size - kHintHeaderBytes) % piece != 0) {
    return std::nullopt;
  }
  const std::uint64_t pieces = (size - kHintHeaderBytes) / piece;
  if (pieces >= columns::format::hint_pieces(manifest)) return std::nullopt;
  return static_cast<std::uint32_t>(pieces);
}
}  // namespace

Status UploadFiles::store_package(const UploadId& upload, const Package& package) {
  const auto folder = place(upload);
  CN_RETURN_IF_ERROR(files_.remove_tree(folder));  // what a crash left of an earlier attempt
  CN_RETURN_IF_ERROR(files_.make_folders(folder / "hints", 0700));
  CN_RETURN_IF_ERROR(
      base::write_atomically(files_, folder / "key.sealed", package.sealed_key, 0600));
  CN_RETURN_IF_ERROR(
      base::write_atomically(files_, folder / "legend.sealed", package.sealed_legend, 0600));
  CN_RETURN_IF_ERROR(base::write_atomically(files_, folder / "manifest", package.manifest, 0600));
  return files_.sync_folder(folder_);
}

Status UploadFiles::store_sealed_key(const UploadId& upload, base::ByteView sealed_key) {
  return base::write_atomically(files_, place(upload) / "key.sealed", sealed_key, 0600);
}

Result<base::Bytes> UploadFiles::read_manifest(const UploadId& upload) const {
  return base::read_file(place(upload) / "manifest", kMaxManifestBytes);
}

Result<Package> UploadFiles::read_package(const UploadId& upload) const {
  Package package;
  CN_ASSIGN(package.manifest, read_manifest(upload));
  CN_ASSIGN(package.sealed_key, base::read_file(place(upload) / "key.sealed", kMaxSealedKeyBytes));
  CN_ASSIGN(package.sealed_legend,
            base::read_file(place(upload) / "legend.sealed", kMaxSealedLegendBytes));
  return package;
}

std::filesystem::path UploadFiles::hints_place(const Manifest& manifest, std::uint32_t unit) const {
  return place(manifest.body().upload) / "hints" / manifest.body().units.at(unit).id.hex();
}

Result<std::uint32_t> UploadFiles::hint_pieces_held(const Manifest& manifest,
                                                    std::uint32_t unit) const {
  const auto file = hints_place(manifest, unit);
  std::error_code failed;
  if (std::filesystem::exists(file, failed)) return columns::format::hint_pieces(manifest);
  return pieces_in(manifest, partial_of(file)).value_or(0);
}

Status UploadFiles::add_hint_pieces(const Manifest& manifest, const HintPieces& pieces) {
  const std::size_t piece = manifest.parameters().packed_bytes();
  const std::size_t count = pieces.bytes.size() / piece;
  const std::uint32_t all = columns::format::hint_pieces(manifest);
  if (count == 0 || count > kMaxHintPieces || pieces.bytes.size() % piece != 0 ||
      pieces.first >= all || count > all - pieces.first) {
    return Error(ErrorCode::kBadInput, "upload.hint_size",
                 "a request for hints holds 1 to " + std::to_string(kMaxHintPieces) +
                     " consecutive pieces of " + std::to_string(piece) + " bytes, of the " +
                     std::to_string(all) + " that the unit has");
  }
  CN_ASSIGN(const std::uint32_t held, hint_pieces_held(manifest, pieces.unit));
  if (pieces.first + count <= held) return base::ok();
  if (pieces.first > held) {
    return Error(
        ErrorCode::kBadInput, "upload.hint_gap",
        "hint piece " + std::to_string(pieces.first) + " came before piece " + std::to_string(held),
        "send the pieces of a unit in order");
  }
  const auto file = hints_place(manifest, pieces.unit);
  const auto partial = partial_of(file);
  CN_RETURN_IF_ERROR(files_.make_folders(file.parent_path(), 0700));
  if (!pieces_in(manifest, partial).has_value()) CN_RETURN_IF_ERROR(files_.remove_tree(partial));
  {
    const bool begins = !pieces_in(manifest, partial).has_value();
    CN_ASSIGN(const auto out, files_.open_append(partial, 0600, false));
    if (begins) {
      CN_RETURN_IF_ERROR(
          out->append(columns::format::write_hint_header(manifest.body(), pieces.unit)));
    }
    CN_RETURN_IF_ERROR(out->append(pieces.bytes.subspan((held - pieces.first) * piece)));
    CN_RETURN_IF_ERROR(out->sync());
  }
  if (pieces.first + count < all) return base::ok();
  return finish_unit(manifest, pieces.unit, partial);
}

Status UploadFiles::finish_unit(const Manifest& manifest, std::uint32_t unit,
                                const std::filesystem::path& partial) {
  Status verified = base::ok();
  {
    CN_ASSIGN(const auto mapped, base::MappedFile::open(partial));
    verified = columns::format::verify_hint_file(manifest, unit, mapped.bytes());
  }
  if (!verified.ok()) {
    CN_RETURN_IF_ERROR(files_.remove_tree(partial));
    return Error(ErrorCode::kIntegrity, "upload.hints",
                 "the hints of unit " + manifest.body().units.at(unit).id.hex() +
                     " do not match the manifest",
                 "send them again; if that fails too, encrypt the table again");
  }
  const auto file = hints_place(manifest, unit);
  CN_RETURN_IF_ERROR(files_.rename(partial, file));
  return files_.sync_folder(file.parent_path());
}

Result<base::MappedFile> UploadFiles::map_hints(const Manifest& manifest,
                                                std::uint32_t unit) const {
  return base::MappedFile::open(hints_place(manifest, unit));
}

Status UploadFiles::store_hint_tags(const Manifest& manifest, std::uint32_t unit,
                                    base::ByteView tags) {
  return base::write_atomically(files_, tags_of(hints_place(manifest, unit)), tags, 0600);
}

base::Bytes UploadFiles::read_hint_tags(const Manifest& manifest, std::uint32_t unit) const {
  auto tags = base::read_file(tags_of(hints_place(manifest, unit)), kMaxHintTagsBytes);
  return tags.ok() ? *std::move(tags) : base::Bytes{};
}

Status UploadFiles::remove_unfinished_tags(const UploadId& upload) {
  std::vector<std::filesystem::path> unfinished;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(place(upload) / "hints", failed)) {
    if (entry.path().filename().string().find(".tags.partial.") != std::string::npos) {
      unfinished.push_back(entry.path());
    }
  }
  for (const auto& path : unfinished) CN_RETURN_IF_ERROR(files_.remove_tree(path));
  return base::ok();
}

Status UploadFiles::make_durable(const UploadId& upload) {
  CN_RETURN_IF_ERROR(remove_unfinished_tags(upload));
  CN_RETURN_IF_ERROR(files_.sync_folder(place(upload) / "hints"));
  CN_RETURN_IF_ERROR(files_.sync_folder(place(upload)));
  return files_.sync_folder(folder_);
}

Status UploadFiles::remove(const UploadId& upload) { return files_.remove_tree(place(upload)); }

std::shared_ptr<std::mutex> UploadLocks::of(const UploadId& upload) {
  const std::lock_guard lock(mutex_);
  auto& mutex = locks_[upload];
  if (mutex == nullptr) mutex = std::make_shared<std::mutex>();
  return mutex;
}

}  // namespace cryptonet::gatekeeper::state
