// SPDX-License-Identifier: Apache-2.0
// Reading and checking an upload folder.
#include "contributor/upload/upload_folder.h"

#include <algorithm>

#include "base/file_system.h"
#include "base/hash.h"
#include "columns/format/hints.h"
#include "columns/format/sealed_key.h"

namespace cryptonet::contributor::upload {
namespace {

namespace format = columns::format;

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxSealedKeyBytes = 4096;
constexpr std::uint64_t kMaxSealedLegendBytes = std::uint64_t{64} << 20;

base::Error damaged(const std::filesystem::path& file, std::string rule, std::string message) {
  return base::Error(base::ErrorCode::kIntegrity, std::move(rule), std::move(message),
                     "restore the file, or encrypt the table again")
      .at(file.string());
}

std::vector<std::string> segment_names(const format::ManifestBody& body) {
  std::vector<std::string> names;
  for (const auto& unit : body.units) {
    for (const auto& column : unit.segments) {
      for (const auto& segment : column) names.push_back(base::to_hex(segment));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

base::Result<UploadFolder> UploadFolder::open(const std::filesystem::path& folder) {
  std::error_code code;
  if (!std::filesystem::is_directory(folder, code) ||
      !std::filesystem::exists(folder / "manifest", code)) {
    return base::Error(base::ErrorCode::kBadInput, "upload.folder", "this is no upload folder",
                       "give the folder that `cryptonet encrypt … --out FOLDER` wrote")
        .at(folder.string());
  }
  CN_ASSIGN(const base::Bytes bytes, base::read_file(folder / "manifest", kMaxManifestBytes));
  auto manifest = format::Manifest::parse(bytes);
  if (!manifest.ok()) return manifest.take_error().at((folder / "manifest").string());
  UploadFolder opened(folder, std::move(*manifest));

  const auto key_path = folder / "key.sealed";
  CN_ASSIGN(opened.sealed_key_, base::read_file(key_path, kMaxSealedKeyBytes));
  auto key = format::parse_sealed_key(opened.sealed_key_);
  if (!key.ok() && key.error().code != base::ErrorCode::kIntegrity) {
    return key.take_error().at(key_path.string());  // of an older or a newer program
  }
  if (!key.ok() || key->upload != opened.manifest_.body().upload) {
    return damaged(key_path, "upload.key", "is not the sealed key of this upload");
  }
  const auto legend_path = folder / "legend.sealed";
  CN_ASSIGN(opened.sealed_legend_, base::read_file(legend_path, kMaxSealedLegendBytes));
  if (base::sha256(opened.sealed_legend_) != opened.manifest_.body().legend_hash) {
    return damaged(legend_path, "upload.legend", "is not the legend that the manifest names");
  }
  opened.segments_ = segment_names(opened.manifest_.body());
  return opened;
}

base::Bytes UploadFolder::package() const {
  base::ByteWriter writer;
  writer.block(manifest_.bytes());
  writer.block(sealed_key_);
  writer.block(sealed_legend_);
  return std::move(writer).take();
}

bool UploadFolder::has_segment(const std::string& sha256) const {
  return std::binary_search(segments_.begin(), segments_.end(), sha256);
}

std::filesystem::path UploadFolder::segment_path(const std::string& sha256) const {
  return folder_ / "segments" / sha256;
}

std::filesystem::path UploadFolder::hint_path(std::uint32_t unit) const {
  return folder_ / "hints" / manifest_.body().units.at(unit).id.hex();
}

base::Result<std::uint32_t> UploadFolder::unit_of(const std::string& unit) const {
  const auto& units = manifest_.body().units;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i].id.hex() == unit) return static_cast<std::uint32_t>(i);
  }
  return base::Error(base::ErrorCode::kIntegrity, "upload.unit",
                     "the gatekeeper asks for a unit that the manifest does not have");
}

base::Status UploadFolder::check_segment(const std::string& sha256, base::ByteView bytes) const {
  if (base::to_hex(base::sha256(bytes)) == sha256) return base::ok();
  return damaged(segment_path(sha256), "upload.segment",
                 "the segment is not what it was: its SHA-256 is no longer its name");
}

base::Result<base::ByteView> UploadFolder::hint_pieces(std::uint32_t unit, std::uint32_t first,
                                                       std::uint32_t count,
                                                       base::ByteView file) const {
  const std::uint64_t pieces = 2 + std::uint64_t{manifest_.body().columns.size()};
  if (count == 0 || first >= pieces || count > pieces - first) {
    return base::Error(base::ErrorCode::kIntegrity, "upload.pieces",
                       "the gatekeeper asks for hints that the manifest does not have");
  }
  if (const auto header = format::check_hint_header(manifest_, unit, file); !header.ok()) {
    if (header.error().code != base::ErrorCode::kIntegrity) {
      return base::Error(header.error()).at(hint_path(unit).string());
    }
    return damaged(hint_path(unit), "upload.hints",
                   "the hints are not what the manifest says: size or header differ");
  }
  for (std::uint32_t piece = first; piece < first + count; ++piece) {
    const auto checked = piece < 2 ? format::shared_hint(manifest_, unit, file)
                                   : format::column_hint(manifest_, unit, piece - 2, file);
    if (!checked.ok()) {
      return damaged(hint_path(unit), "upload.hints",
                     "the hints are not what the manifest says: " + checked.error().message);
    }
  }
  const std::size_t size = manifest_.parameters().packed_bytes();
  return file.subspan(format::kHintHeaderBytes + first * size, count * size);
}

}  // namespace cryptonet::contributor::upload
