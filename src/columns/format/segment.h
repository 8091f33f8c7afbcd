// SPDX-License-Identifier: Apache-2.0
// A segment: up to kChunksPerSegment consecutive chunks of one column in one unit, as packed
// six-byte words. The file is named by the SHA-256 of its bytes. A 128-byte header comes first
// (docs/formats/segment.md).
#pragma once

#include "columns/format/manifest.h"

namespace cryptonet::columns::format {

inline constexpr std::size_t kSegmentHeaderBytes = 128;

struct SegmentHeader {
  ParameterSetId parameter_set = ParameterSetId::kWide;
  UploadId upload;
  ColumnId column;
  UnitId unit;
  std::uint32_t first_chunk = 0;
  std::uint32_t chunks = 0;
};

/// Exactly kSegmentHeaderBytes.
base::Bytes write_segment_header(const SegmentHeader& header);
/// Checks magic, version, sizes and reserved zeros; kIntegrity otherwise.
base::Result<SegmentHeader> parse_segment_header(base::ByteView bytes);

/// Checks that `file` is segment `segment` of (unit, column) of the manifest, header against
/// manifest and length against header (the hash is the caller's), and gives the packed words of its
/// chunks, borrowed from `file`.
base::Result<std::vector<base::ByteView>> segment_chunks(const Manifest& manifest,
                                                         std::uint32_t unit, std::uint32_t column,
                                                         std::uint32_t segment,
                                                         base::ByteView file);

}  // namespace cryptonet::columns::format
