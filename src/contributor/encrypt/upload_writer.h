// SPDX-License-Identifier: Apache-2.0
// The upload folder while it is written: DIR.partial.<pid>, which becomes DIR when all of it is on
// disk and disappears otherwise; what a killed encrypt left beside the same DIR is removed.
// Segments are hashed as they grow and renamed to their hash; a file is open only while a chunk is
// appended, so any number of units may be under way.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/file_lock.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "columns/encrypt/encryptor.h"
#include "columns/format/segment.h"

namespace cryptonet::contributor::encrypt {

/// The segments of one unit on their way to disk. append() may run on several threads for different
/// columns.
class UnitWriter {
 public:
  base::Status append(std::uint32_t column, std::uint32_t chunk, base::ByteView packed);
  /// Segment names per column; all chunks must have been appended.
  std::vector<std::vector<base::Digest>> take_segments();

 private:
  friend class UploadWriter;
  struct Column {
    std::optional<base::Sha256Stream> hash;
    std::vector<base::Digest> segments;
  };
  UnitWriter(base::FileSystem& files, std::filesystem::path folder)
      : files_(files), folder_(std::move(folder)) {}

  base::FileSystem& files_;
  std::filesystem::path folder_;
  columns::format::SegmentHeader header_;       ///< of the unit; column and chunks filled in later
  std::vector<columns::format::ColumnId> ids_;  ///< of the columns
  std::uint32_t chunks_ = 0;                    ///< of the unit, the mask chunk included
  std::string name_;                            ///< of the unit, for partial files
  std::vector<Column> columns_;
};

class UploadWriter {
 public:
  /// kUsage when `out` exists, kLocalIo when the disk has not `bytes_needed` free. Removes what an
  /// encrypt to the same `out` left when it was killed, and says so.
  static base::Result<UploadWriter> create(base::FileSystem& files, std::filesystem::path out,
                                           std::uint64_t bytes_needed,
                                           const std::function<void(const std::string&)>& warn);
  ~UploadWriter();
  UploadWriter(UploadWriter&& other) noexcept;
  UploadWriter& operator=(UploadWriter&&) = delete;

  /// `body` gives parameter set, upload and columns; unit.chunks must be set.
  UnitWriter open_unit(const columns::format::ManifestBody& body,
                       const columns::format::UnitEntry& unit) const;
  /// Writes the hint file of body.units[unit] and fills in its hashes.
  base::Status write_hints(columns::format::ManifestBody& body, std::uint32_t unit,
                           const columns::encrypt::UnitHints& hints) const;
  base::Status write_file(const std::string& name, base::ByteView bytes) const;
  /// Everything is on disk: the folder gets its name.
  base::Status commit();

 private:
  UploadWriter(base::FileSystem& files, std::filesystem::path out, std::filesystem::path partial)
      : files_(&files), out_(std::move(out)), partial_(std::move(partial)) {}
  base::FileSystem* files_;
  std::filesystem::path out_;
  std::filesystem::path partial_;       ///< empty once committed
  std::optional<base::FileLock> lock_;  ///< of the partial folder: its writer lives
};

}  // namespace cryptonet::contributor::encrypt
