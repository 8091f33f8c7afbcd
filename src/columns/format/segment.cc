// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/segment.md.
#include "columns/format/segment.h"

#include <algorithm>

#include "columns/format/file_header.h"

namespace cryptonet::columns::format {
namespace {
constexpr std::string_view kMagic = "CNSG";
constexpr std::string_view kWhat = "the segment";
}  // namespace

base::Bytes write_segment_header(const SegmentHeader& header) {
  base::ByteWriter writer;
  write_file_header(writer, kMagic, static_cast<std::uint8_t>(header.parameter_set));
  writer.raw(header.upload.bytes);
  writer.raw(header.column.bytes);
  writer.raw(header.unit.bytes);
  writer.u32(header.first_chunk);
  writer.u32(header.chunks);
  base::Bytes bytes = std::move(writer).take();
  bytes.resize(kSegmentHeaderBytes);
  return bytes;
}

base::Result<SegmentHeader> parse_segment_header(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  CN_ASSIGN(const std::uint8_t set_id, read_file_header(reader, kMagic, kWhat));
  CN_ASSIGN(const ParameterSet* set, find_parameter_set(set_id));
  if (bytes.size() != kSegmentHeaderBytes) return damaged(kWhat, "its header has a wrong length");
  SegmentHeader header;
  header.parameter_set = set->id;
  reader.copy_to(header.upload.bytes);
  reader.copy_to(header.column.bytes);
  reader.copy_to(header.unit.bytes);
  header.first_chunk = reader.u32();
  header.chunks = reader.u32();
  const base::ByteView reserved = reader.raw(reader.remaining());
  if (std::any_of(reserved.begin(), reserved.end(), [](std::uint8_t byte) { return byte != 0; })) {
    return damaged(kWhat, "a reserved byte is not zero");
  }
  if (header.chunks == 0 || header.chunks > kChunksPerSegment) {
    return damaged(kWhat, "it must hold 1 to 64 chunks");
  }
  if (header.first_chunk % kChunksPerSegment != 0 ||
      header.first_chunk > set->max_unit_chunks - header.chunks) {
    return damaged(kWhat, "its first chunk is not one that begins a segment");
  }
  return header;
}

base::Result<std::vector<base::ByteView>> segment_chunks(const Manifest& manifest,
                                                         std::uint32_t unit, std::uint32_t column,
                                                         std::uint32_t segment,
                                                         base::ByteView file) {
  const ManifestBody& body = manifest.body();
  if (unit >= body.units.size() || column >= body.columns.size() ||
      segment >= body.units[unit].segments[column].size()) {
    return base::Error(base::ErrorCode::kBadInput, "segment.index",
                       "the manifest has no such segment");
  }
  if (file.size() < kSegmentHeaderBytes) return damaged(kWhat, "it ends too early");
  CN_ASSIGN(const SegmentHeader header, parse_segment_header(file.first(kSegmentHeaderBytes)));
  const std::uint32_t first = segment * kChunksPerSegment;
  const std::uint32_t chunks = std::min(kChunksPerSegment, body.units[unit].chunks - first);
  if (header.parameter_set != body.parameter_set || header.upload != body.upload ||
      header.column != body.columns[column] || header.unit != body.units[unit].id ||
      header.first_chunk != first || header.chunks != chunks) {
    return damaged(kWhat, "its header is not that of its place in the manifest");
  }
  const std::size_t chunk_bytes = manifest.parameters().packed_bytes();
  if (file.size() != kSegmentHeaderBytes + chunks * chunk_bytes) {
    return damaged(kWhat, "its length is not that of its chunks");
  }
  std::vector<base::ByteView> views;
  for (std::uint32_t i = 0; i < chunks; ++i) {
    views.push_back(file.subspan(kSegmentHeaderBytes + i * chunk_bytes, chunk_bytes));
  }
  return views;
}

}  // namespace cryptonet::columns::format
