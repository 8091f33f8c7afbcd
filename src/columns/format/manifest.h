// SPDX-License-Identifier: Apache-2.0
// The manifest: what one upload is, signed by the contributor (Ed25519). It holds opaque ids,
// sizes, hashes and the cap of totals, and nothing of the table's meaning; the cloud and the
// gatekeeper hold the same bytes. docs/formats/manifest.md has the layout.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/secret_memory.h"
#include "columns/format/ids.h"
#include "columns/format/parameter_set.h"

namespace cryptonet::columns::format {

/// Chunks per segment file: 64 chunks of the wide set are 9.4 MB.
inline constexpr std::uint32_t kChunksPerSegment = 64;
inline constexpr std::uint32_t kMaxColumns = 4096;
inline constexpr std::uint32_t kMaxUnits = 65536;

struct UnitEntry {
  UnitId id;
  std::uint32_t chunks = 0;  ///< the mask chunk included, so at least 2
  std::uint64_t cap_of_totals =
      0;  ///< distinct totals that the cloud may ever answer: a third of the real rows
  base::Digest shared_hint_hash{};        ///< SHA-256 of packed A1 followed by packed A2
  std::vector<base::Digest> hint_hashes;  ///< per column, SHA-256 of packed u_c
  std::vector<std::vector<base::Digest>>
      segments;  ///< [column][segment]: names of the segment files, in order
};

struct ManifestBody {
  ParameterSetId parameter_set = ParameterSetId::kWide;
  UploadId upload;
  std::array<std::uint8_t, 32> contributor_key{};  ///< Ed25519 public key
  std::vector<ColumnId> columns;
  std::vector<UnitEntry> units;
  base::Digest legend_hash{};     ///< SHA-256 of the sealed legend
  base::Digest key_commitment{};  ///< commitment to the upload key K
};

/// A manifest whose form, Merkle root and signature were checked.
class Manifest {
 public:
  /// Computes the Merkle root over all hashes and signs. `signing_key` is libsodium's 64-byte
  /// Ed25519 secret key.
  static base::Result<Manifest> sign(ManifestBody body, const base::Secret<64>& signing_key);
  /// Parses hostile bytes; kIntegrity for anything malformed or unsigned, kBadInput for an unknown
  /// version or set.
  static base::Result<Manifest> parse(base::ByteView bytes);

  const ManifestBody& body() const { return body_; }
  const ParameterSet& parameters() const;
  const base::Bytes& bytes() const { return bytes_; }
  /// SHA-256 of bytes(): the name by which gatekeeper and cloud pin this manifest.
  const base::Digest& digest() const { return digest_; }
  /// Root over segment, hint and legend hashes; associated data of the sealed key.
  const base::Digest& merkle_root() const { return merkle_root_; }

 private:
  Manifest() = default;
  ManifestBody body_;
  base::Bytes bytes_;
  base::Digest digest_{};
  base::Digest merkle_root_{};
};

/// The Merkle root of a body, for those who must know it before signing (the sealed key is bound to
/// it).
base::Digest merkle_root_of(const ManifestBody& body);

}  // namespace cryptonet::columns::format
