// SPDX-License-Identifier: Apache-2.0
#include "columns/open/unit_hints.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/hash.h"

namespace cryptonet::columns::open {
namespace {

/// Pieces kept between calls, 147 KB each for the wide set.
constexpr std::size_t kPiecesKept = 64;

/// Memory of pieces that nobody uses: fresh pages of one cost as much as its proof.
class SparePieces {
 public:
  std::uint8_t* take(std::size_t size) {
    {
      const std::lock_guard lock(mutex_);
      auto& spare = spare_[size];
      if (!spare.empty()) {
        std::uint8_t* words = spare.back();
        spare.pop_back();
        return words;
      }
    }
    auto* words = static_cast<std::uint8_t*>(std::aligned_alloc(64, (size + 63) / 64 * 64));
    CHECK(words != nullptr);
    return words;
  }
  void give_back(std::uint8_t* words, std::size_t size) {
    const std::lock_guard lock(mutex_);
    auto& spare = spare_[size];
    if (spare.size() < kSpareMax) {
      spare.push_back(words);
    } else {
      std::free(words);
    }
  }

 private:
  static constexpr std::size_t kSpareMax = 16;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::uint8_t*>> spare_;
};

SparePieces& spare_pieces() {
  static SparePieces& spare = *new SparePieces;
  return spare;
}

}  // namespace

void ReleasePiece::operator()(std::uint8_t* words) const { spare_pieces().give_back(words, size); }

std::vector<std::uint32_t> UnitHints::begin(std::span<const std::uint32_t> pieces) {
  if (pieces_.size() + pieces.size() > kPiecesKept) {
    std::erase_if(pieces_, [&](const auto& entry) {
      return std::find(pieces.begin(), pieces.end(), entry.first) == pieces.end();
    });
  }
  std::vector<std::uint32_t> missing;
  for (const std::uint32_t number : pieces) {
    if (pieces_.try_emplace(number).second) missing.push_back(number);
  }
  return missing;
}

void UnitHints::read(std::uint32_t number) {
  Piece& piece = pieces_.at(number);
  const auto stored = format::unproved_piece(manifest_, unit_, number, file_);
  if (!stored.ok()) return;
  const std::size_t size = stored->size();
  piece.words = {spare_pieces().take(size), ReleasePiece{size}};
  std::memcpy(piece.words.get(), stored->data(), size);
  const base::ByteView copied = {piece.words.get(), size};
  piece.proved = proof_ != nullptr && proof_->proves(unit_, number, copied);
  if (piece.proved || number < format::kFirstColumnPiece) return;
  const auto& hashes = manifest_.body().units[unit_].hint_hashes;
  piece.proved = base::sha256(copied) == hashes[number - format::kFirstColumnPiece];
  piece.hashed = true;
}

base::Status UnitHints::prove_masks() {
  for (const std::uint32_t number : {format::kMaskSumPiece, format::kMaskSquaresPiece}) {
    if (pieces_.try_emplace(number).second) read(number);
  }
  Piece& sum = pieces_.at(format::kMaskSumPiece);
  Piece& squares = pieces_.at(format::kMaskSquaresPiece);
  if (sum.words == nullptr || squares.words == nullptr) return format::damaged_hints();
  const std::size_t size = manifest_.parameters().packed_bytes();
  base::Sha256Stream hash;
  hash.update({sum.words.get(), size});
  hash.update({squares.words.get(), size});
  const bool proved = hash.finish() == manifest_.body().units[unit_].shared_hint_hash;
  sum.proved = squares.proved = proved;
  proof_is_missing_ = proof_ != nullptr;
  return proved ? base::ok() : base::Status(format::damaged_hints());
}

base::Status UnitHints::finish() {
  for (const std::uint32_t number : {format::kMaskSumPiece, format::kMaskSquaresPiece}) {
    const auto found = pieces_.find(number);
    if (found != pieces_.end() && !found->second.proved) {
      // one hash for both
      if (auto proved = prove_masks(); !proved.ok()) {
        pieces_.clear();
        return proved;
      }
    }
  }
  bool all_proved = true;
  for (const auto& [number, piece] : pieces_) {
    all_proved &= piece.proved;
    proof_is_missing_ |= proof_ != nullptr && piece.proved && piece.hashed;
  }
  if (all_proved) return base::ok();
  pieces_.clear();
  return format::damaged_hints();
}

const std::uint8_t* UnitHints::words(std::uint32_t number) const {
  const Piece& piece = pieces_.at(number);
  CHECK(piece.proved);
  return piece.words.get();
}

}  // namespace cryptonet::columns::open
