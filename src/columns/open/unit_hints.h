// SPDX-License-Identifier: Apache-2.0
// The hints of one unit as an opening reads them. A piece is copied first and proved then, so that
// nobody can alter on the disk what was proved: by the gatekeeper's own tag where the caller has
// one, or else by its hash in the manifest, which takes six times as long. Pieces stay while they
// are in use. Not thread-safe but for read(); one per question and unit.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

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
  void operator()(std::uint8_t* words) const;
};

class UnitHints {
 public:
  /// Borrows manifest, file (the unit's whole hint file) and proof.
  UnitHints(const format::Manifest& manifest, std::uint32_t unit, base::ByteView file,
            const PieceProof* proof = nullptr)
      : manifest_(manifest), unit_(unit), file_(file), proof_(proof) {}

  std::uint32_t unit() const { return unit_; }
  /// Makes room for these pieces (format/hints.h has their numbers), and gives those that must be
  /// read. Others may go.
  std::vector<std::uint32_t> begin(std::span<const std::uint32_t> pieces);
  /// Copies and proves one of them. Several threads may each read another.
  void read(std::uint32_t piece);
  /// kIntegrity when a piece of begin() is not what the manifest says, and again whenever it is
  /// asked for.
  base::Status finish();
  /// The packed words of a piece that was proved.
  const std::uint8_t* words(std::uint32_t piece) const;
  /// Whether `proof` could not tell of a piece that the manifest's hash proved.
  bool proof_is_missing() const { return proof_is_missing_; }

 private:
  struct Piece {
    std::unique_ptr<std::uint8_t[], ReleasePiece> words;
    bool proved = false;
    bool hashed = false;
  };
  base::Status prove_masks();

  const format::Manifest& manifest_;
  std::uint32_t unit_;
  base::ByteView file_;
  const PieceProof* proof_;
  std::map<std::uint32_t, Piece> pieces_;
  bool proof_is_missing_ = false;
};

}  // namespace cryptonet::columns::open
