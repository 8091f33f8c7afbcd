// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/hints.md.
#include "columns/format/hints.h"

#include <algorithm>

#include "base/hash.h"
#include "columns/format/file_header.h"

namespace cryptonet::columns::format {
namespace {

constexpr std::string_view kMagic = "CNHT";
constexpr std::string_view kWhat = "the hint file";

/// Consecutive pieces, checked against their hash.
base::Result<base::ByteView> checked_part(const Manifest& manifest, std::uint32_t unit,
                                          base::ByteView file, std::uint32_t first_piece,
                                          std::size_t pieces, const base::Digest& hash) {
  CN_ASSIGN(const base::ByteView first, unproved_piece(manifest, unit, first_piece, file));
  const base::ByteView part = {first.data(), pieces * first.size()};
  if (base::sha256(part) != hash) return damaged_hints();
  return part;
}

base::Status check_unit(const Manifest& manifest, std::uint32_t unit) {
  if (unit < manifest.body().units.size()) return base::ok();
  return base::Error(base::ErrorCode::kBadInput, "hints.unit", "the manifest has no such unit");
}

}  // namespace

std::uint32_t hint_pieces(const Manifest& manifest) {
  return kFirstColumnPiece + static_cast<std::uint32_t>(manifest.body().columns.size());
}

base::Result<base::ByteView> unproved_piece(const Manifest& manifest, std::uint32_t unit,
                                            std::uint32_t piece, base::ByteView file) {
  CN_RETURN_IF_ERROR(check_unit(manifest, unit));
  if (piece >= hint_pieces(manifest)) {
    return base::Error(base::ErrorCode::kBadInput, "hints.column",
                       "the manifest has no such column");
  }
  if (file.size() != hint_file_bytes(manifest, unit)) {
    return damaged(kWhat, "its length is not that of its unit");
  }
  const std::size_t size = manifest.parameters().packed_bytes();
  return file.subspan(kHintHeaderBytes + std::uint64_t{piece} * size, size);
}

base::Error damaged_hints() { return damaged(kWhat, "a part does not match the manifest"); }

base::Bytes write_hint_header(const ManifestBody& body, std::uint32_t unit) {
  CHECK(unit < body.units.size());
  base::ByteWriter writer;
  write_file_header(writer, kMagic, static_cast<std::uint8_t>(body.parameter_set), kHintVersion);
  writer.raw(body.upload.bytes);
  writer.raw(body.units[unit].id.bytes);
  writer.u32(static_cast<std::uint32_t>(body.columns.size()));
  writer.u32(body.units[unit].chunks);
  base::Bytes bytes = std::move(writer).take();
  bytes.resize(kHintHeaderBytes);
  return bytes;
}

std::uint64_t hint_file_bytes(const Manifest& manifest, std::uint32_t unit) {
  CHECK(unit < manifest.body().units.size());
  return kHintHeaderBytes +
         std::uint64_t{hint_pieces(manifest)} * manifest.parameters().packed_bytes();
}

base::Status check_hint_header(const Manifest& manifest, std::uint32_t unit, base::ByteView file) {
  CN_RETURN_IF_ERROR(check_unit(manifest, unit));
  base::ByteReader reader(file);
  CN_ASSIGN(const std::uint8_t set_id, read_file_header(reader, kMagic, kWhat, kHintVersion));
  static_cast<void>(set_id);  // part of the header that is compared whole
  const base::Bytes header = write_hint_header(manifest.body(), unit);
  if (file.size() < header.size() || !std::equal(header.begin(), header.end(), file.begin())) {
    return damaged(kWhat, "its header is not that of its unit");
  }
  if (file.size() == hint_file_bytes(manifest, unit)) return base::ok();
  return damaged(kWhat, "its length is not that of its unit");
}

base::Status verify_hint_file(const Manifest& manifest, std::uint32_t unit, base::ByteView file) {
  CN_RETURN_IF_ERROR(check_hint_header(manifest, unit, file));
  CN_RETURN_IF_ERROR(shared_hint(manifest, unit, file));
  for (std::uint32_t column = 0; column < manifest.body().columns.size(); ++column) {
    CN_RETURN_IF_ERROR(column_hint(manifest, unit, column, file));
  }
  return base::ok();
}

base::Result<base::ByteView> shared_hint(const Manifest& manifest, std::uint32_t unit,
                                         base::ByteView file) {
  CN_RETURN_IF_ERROR(check_unit(manifest, unit));
  return checked_part(manifest, unit, file, kMaskSumPiece, 2,
                      manifest.body().units[unit].shared_hint_hash);
}

base::Result<base::ByteView> column_hint(const Manifest& manifest, std::uint32_t unit,
                                         std::uint32_t column, base::ByteView file) {
  CN_RETURN_IF_ERROR(check_unit(manifest, unit));
  if (column >= manifest.body().columns.size()) {
    return base::Error(base::ErrorCode::kBadInput, "hints.column",
                       "the manifest has no such column");
  }
  return checked_part(manifest, unit, file, kFirstColumnPiece + column, 1,
                      manifest.body().units[unit].hint_hashes[column]);
}

}  // namespace cryptonet::columns::format
