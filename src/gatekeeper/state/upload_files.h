// SPDX-License-Identifier: Apache-2.0
// What a contributor handed over for the gatekeeper alone, as files:
//   <folder>/<upload>/manifest  key.sealed  legend.sealed  hints/<unit>  hints/<unit>.tags
// all 0600 and written atomically. The hints of a unit arrive as consecutive pieces (0 is A1, 1 is
// A2, 2 + c is u_c) and grow hints/<unit>.partial, so that its length says what is there; when it
// is whole it is verified against the manifest and renamed. Calls for one upload must not overlap
// (UploadLocks).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "base/file_system.h"
#include "columns/format/hints.h"

namespace cryptonet::gatekeeper::state {

inline constexpr std::uint32_t kMaxHintPieces = 64;  ///< in one request

struct Package {
  base::Bytes manifest;
  base::Bytes sealed_key;
  base::Bytes sealed_legend;
};

/// Consecutive pieces of one unit's hints.
struct HintPieces {
  std::uint32_t unit = 0;
  std::uint32_t first = 0;
  base::ByteView bytes;
};

class UploadFiles {
 public:
  UploadFiles(std::filesystem::path folder, base::FileSystem& files)
      : folder_(std::move(folder)), files_(files) {}

  /// Durably, in place of what an earlier attempt left.
  base::Status store_package(const columns::format::UploadId& upload, const Package& package);
  base::Result<Package> read_package(const columns::format::UploadId& upload) const;
  /// In place of the one that came with the package.
  base::Status store_sealed_key(const columns::format::UploadId& upload, base::ByteView sealed_key);
  base::Result<base::Bytes> read_manifest(const columns::format::UploadId& upload) const;

  /// Pieces of the unit that are there, counted from 0; all of them only when the file is verified.
  base::Result<std::uint32_t> hint_pieces_held(const columns::format::Manifest& manifest,
                                               std::uint32_t unit) const;
  /// Adds pieces; those already there are skipped, so sending twice is harmless. kBadInput for a
  /// gap or a wrong size; kIntegrity when the whole unit does not match the manifest: it is then
  /// forgotten and must be sent again.
  base::Status add_hint_pieces(const columns::format::Manifest& manifest, const HintPieces& pieces);
  base::Result<base::MappedFile> map_hints(const columns::format::Manifest& manifest,
                                           std::uint32_t unit) const;
  /// In place of what was there: what only makes the proof of hints faster (open/hint_tags.h).
  base::Status store_hint_tags(const columns::format::Manifest& manifest, std::uint32_t unit,
                               base::ByteView tags);
  /// Empty when there are none that can be read.
  base::Bytes read_hint_tags(const columns::format::Manifest& manifest, std::uint32_t unit) const;
  /// Before an upload is published: a rename that a crash kept from its sync is synced now.
  base::Status make_durable(const columns::format::UploadId& upload);
  base::Status remove(const columns::format::UploadId& upload);

 private:
  /// What a crash left of writing tags, which are made anew where they are missing.
  base::Status remove_unfinished_tags(const columns::format::UploadId& upload);
  std::filesystem::path place(const columns::format::UploadId& upload) const {
    return folder_ / upload.hex();
  }
  std::filesystem::path hints_place(const columns::format::Manifest& manifest,
                                    std::uint32_t unit) const;
  base::Status finish_unit(const columns::format::Manifest& manifest, std::uint32_t unit,
                           const std::filesystem::path& partial);
  std::filesystem::path folder_;
  base::FileSystem& files_;
};

/// One mutex per upload. Any thread.
class UploadLocks {
 public:
  std::shared_ptr<std::mutex> of(const columns::format::UploadId& upload);

 private:
  std::mutex mutex_;
  // shared: a caller holds its mutex while another call looks it up
  std::map<columns::format::UploadId, std::shared_ptr<std::mutex>> locks_;
};

}  // namespace cryptonet::gatekeeper::state
