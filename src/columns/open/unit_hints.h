// SPDX-License-Identifier: Apache-2.0
// The hints of one unit as an opening reads them. A piece is copied first and proved then, so that
// nobody can alter on the disk what was proved: by the gatekeeper's own tag where the caller has
// one, or else by its hash in the manifest, which takes six times as long. Any thread.
#pragma once

#include <atomic>
#include <memory>

#include "columns/format/hints.h"

namespace cryptonet::columns::open {

/// Another proof of a piece than the manifest's hash. Any thread.
class PieceProof {
 public:
  virtual ~PieceProof() = default;
  /// Whether `packed` is the piece whose hash is in the manifest. False: it cannot tell.
  virtual bool proves(std::uint32_t unit, std::uint32_t piece, base::ByteView packed) const = 0;
};

/// Gives the memory of a piece back for the next one.
struct ReleasePiece {
  std::size_t size = 0;
  void operator()(const std::uint8_t* words) const;
};

/// The packed words of a piece that was proved (format/hints.h has the numbers of pieces).
using ProvedPiece = std::unique_ptr<const std::uint8_t[], ReleasePiece>;

class UnitHints {
 public:
  /// Borrows manifest, file (the unit's whole hint file) and proof.
  UnitHints(const format::Manifest& manifest, std::uint32_t unit, base::ByteView file,
            const PieceProof* proof = nullptr)
      : manifest_(manifest), unit_(unit), file_(file), proof_(proof) {}

  std::uint32_t unit() const { return unit_; }
  /// kIntegrity when the piece is not what the manifest says.
  base::Result<ProvedPiece> read(std::uint32_t piece);
  /// Whether `proof` could not tell of a piece that the manifest's hash proved.
  bool proof_is_missing() const { return proof_is_missing_; }

 private:
  /// The same by the manifest's hash of both pieces of masks.
  base::Result<ProvedPiece> read_masks(std::uint32_t piece);
  base::Result<ProvedPiece> copy(std::uint32_t piece) const;
  ProvedPiece proved_by_hash(ProvedPiece piece);

  const format::Manifest& manifest_;
  std::uint32_t unit_;
  base::ByteView file_;
  const PieceProof* proof_;
  std::atomic<bool> proof_is_missing_ = false;
};

}  // namespace cryptonet::columns::open
