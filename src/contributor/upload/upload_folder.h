// SPDX-License-Identifier: Apache-2.0
// The folder that `encrypt` wrote, read for sending. Everything in it is checked against its signed
// manifest before it leaves, so a flipped byte on this disk is found here and named.
//
//   upload.json   what it is, for people      manifest      signed
//   key.sealed, legend.sealed                 hints/<unit id, hex>
//   segments/<SHA-256, hex>
#pragma once

#include <filesystem>

#include "columns/format/manifest.h"

namespace cryptonet::contributor::upload {

class UploadFolder {
 public:
  /// Reads and checks manifest, sealed key and sealed legend. kBadInput when the folder is no
  /// upload; kIntegrity, naming the file, when a file is not what the manifest says.
  static base::Result<UploadFolder> open(const std::filesystem::path& folder);

  const columns::format::Manifest& manifest() const { return manifest_; }
  std::string upload() const { return manifest_.body().upload.hex(); }
  /// Manifest, sealed key and sealed legend as one body of three blocks.
  base::Bytes package() const;
  /// Names of all segments in the manifest, sorted, each once.
  const std::vector<std::string>& segments() const { return segments_; }
  bool has_segment(const std::string& sha256) const;

  std::filesystem::path segment_path(const std::string& sha256) const;
  std::filesystem::path hint_path(std::uint32_t unit) const;
  /// The position of a unit id (hex) in the manifest; kIntegrity when it is not there.
  base::Result<std::uint32_t> unit_of(const std::string& unit) const;
  /// kIntegrity, naming the file, unless the bytes have the hash that names the segment.
  base::Status check_segment(const std::string& sha256, base::ByteView bytes) const;
  /// `count` hint pieces of a unit from `first` on (0 is A1, 1 is A2, 2 + c is u_c), borrowed from
  /// `file`, each checked against the manifest.
  base::Result<base::ByteView> hint_pieces(std::uint32_t unit, std::uint32_t first,
                                           std::uint32_t count, base::ByteView file) const;

 private:
  UploadFolder(std::filesystem::path folder, columns::format::Manifest manifest)
      : folder_(std::move(folder)), manifest_(std::move(manifest)) {}
  std::filesystem::path folder_;
  columns::format::Manifest manifest_;
  base::Bytes sealed_key_;
  base::Bytes sealed_legend_;
  std::vector<std::string> segments_;
};

}  // namespace cryptonet::contributor::upload
