// SPDX-License-Identifier: Apache-2.0
// The hint file of one unit: header, packed A1, packed A2, then packed u_c for every column in
// manifest order, each by its coefficients modulo every prime. It goes from the contributor to the
// gatekeeper only. Each part is checked against its own hash in the manifest when it is read, so an
// opening never trusts the disk.
#pragma once

#include "columns/format/manifest.h"

namespace cryptonet::columns::format {

inline constexpr std::size_t kHintHeaderBytes = 64;
/// Version 1, which no program reads any more, had the polynomials in transformed form.
inline constexpr std::uint8_t kHintVersion = 2;

/// Pieces of a hint file, in order: A1, A2, then u_c at kFirstColumnPiece + c.
inline constexpr std::uint32_t kMaskSumPiece = 0;
inline constexpr std::uint32_t kMaskSquaresPiece = 1;
inline constexpr std::uint32_t kFirstColumnPiece = 2;
std::uint32_t hint_pieces(const Manifest& manifest);

/// Header bytes of the hint file of a unit.
base::Bytes write_hint_header(const ManifestBody& body, std::uint32_t unit);
/// The exact size of the file.
std::uint64_t hint_file_bytes(const Manifest& manifest, std::uint32_t unit);
/// Checks size and header; kIntegrity otherwise, kBadInput for another version.
base::Status check_hint_header(const Manifest& manifest, std::uint32_t unit, base::ByteView file);
/// Checks size, header and every hash; kIntegrity otherwise, kBadInput for another version.
base::Status verify_hint_file(const Manifest& manifest, std::uint32_t unit, base::ByteView file);
/// A piece as it lies there, checked against nothing but the length of the file; kIntegrity when
/// that is wrong.
base::Result<base::ByteView> unproved_piece(const Manifest& manifest, std::uint32_t unit,
                                            std::uint32_t piece, base::ByteView file);
/// kIntegrity: a piece does not match the manifest.
base::Error damaged_hints();
/// Packed A1 followed by packed A2, checked against the manifest.
base::Result<base::ByteView> shared_hint(const Manifest& manifest, std::uint32_t unit,
                                         base::ByteView file);
/// Packed u_c, checked against the manifest.
base::Result<base::ByteView> column_hint(const Manifest& manifest, std::uint32_t unit,
                                         std::uint32_t column, base::ByteView file);

}  // namespace cryptonet::columns::format
