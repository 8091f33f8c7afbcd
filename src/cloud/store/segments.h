// SPDX-License-Identifier: Apache-2.0
// The folder of segment files: named by their SHA-256, written atomically, never changed, mapped
// into memory when used. A file is hashed when it arrives and again when it is first used after a
// start, or after it was forgotten, so a byte that flipped on disk before is found before it is
// multiplied. Safe from several threads.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "cloud/store/home.h"
#include "columns/format/segment.h"

namespace cryptonet::cloud::store {

class Segments {
 public:
  /// Reads the header of every file; a file without a good one counts as not there.
  static base::Result<std::unique_ptr<Segments>> open(const Home& home);

  /// Whether the segment is there, belongs to this upload and is not known to be damaged.
  bool holds(const columns::format::UploadId& upload, const base::Digest& name) const;
  /// The same, but damaged ones count too.
  bool knows(const columns::format::UploadId& upload, const base::Digest& name) const;
  /// Stores checked bytes. The caller has compared hash and header.
  base::Status put(const columns::format::UploadId& upload, const base::Digest& name,
                   base::ByteView bytes);
  /// The file, mapped. kIntegrity when its bytes are not those of its name: then it counts as
  /// damaged until it is put again.
  base::Result<std::shared_ptr<const base::MappedFile>> map(const base::Digest& name);
  /// Counts a segment as damaged, because pages of it were missing while it was used; the error to
  /// answer with.
  base::Error condemn(const base::Digest& name);
  /// Forgets what is known of a segment's bytes, good or bad, and its map: it is hashed when it is
  /// used next.
  void forget(const base::Digest& name);
  /// Removes all segments of an upload.
  base::Status remove_all(const columns::format::UploadId& upload);
  /// The uploads that own segments here.
  std::vector<columns::format::UploadId> owners() const;

  struct Figures {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
  };
  Figures figures() const;

 private:
  struct Entry {
    columns::format::UploadId upload;
    std::uint64_t bytes = 0;
    bool verified = false;
    bool damaged = false;
    std::uint64_t forgotten = 0;  ///< how often
    std::shared_ptr<const base::MappedFile> mapped;
  };
  explicit Segments(const Home& home) : home_(home) {}
  base::Status load(const std::string& name);
  void forget(Entry& entry);

  const Home& home_;
  mutable std::mutex mutex_;
  std::map<base::Digest, Entry> entries_;
  std::size_t mapped_ = 0;
  /// Two writers of one name would share a temporary file.
  std::array<std::mutex, 16> writers_;
};

}  // namespace cryptonet::cloud::store
