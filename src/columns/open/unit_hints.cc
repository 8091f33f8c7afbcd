// SPDX-License-Identifier: Apache-2.0
#include "columns/open/unit_hints.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "base/hash.h"

namespace cryptonet::columns::open {
namespace {

/// Memory of pieces that nobody uses: fresh pages of one cost as much as its proof,
/// and what was used last is still in the processor's cache.
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
  void give_back(const std::uint8_t* words, std::size_t size) {
    const std::lock_guard lock(mutex_);
    auto& spare = spare_[size];
    if (spare.size() < kSpareMax) {
      spare.push_back(const_cast<std::uint8_t*>(words));
    } else {
      std::free(const_cast<std::uint8_t*>(words));
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

void ReleasePiece::operator()(const std::uint8_t* words) const {
  spare_pieces().give_back(words, size);
}

base::Result<ProvedPiece> UnitHints::copy(std::uint32_t piece) const {
  CN_ASSIGN(const base::ByteView stored, format::unproved_piece(manifest_, unit_, piece, file_));
  std::uint8_t* const words = spare_pieces().take(stored.size());
  std::memcpy(words, stored.data(), stored.size());
  return ProvedPiece(words, ReleasePiece{stored.size()});
}

ProvedPiece UnitHints::proved_by_hash(ProvedPiece piece) {
  if (proof_ != nullptr) proof_is_missing_ = true;
  return piece;
}

base::Result<ProvedPiece> UnitHints::read(std::uint32_t piece) {
  auto copied = copy(piece);
  if (!copied.ok()) return format::damaged_hints();
  const base::ByteView packed = {copied->get(), copied->get_deleter().size};
  if (proof_ != nullptr && proof_->proves(unit_, piece, packed)) return copied;
  if (piece < format::kFirstColumnPiece) return read_masks(piece);
  const auto& hashes = manifest_.body().units[unit_].hint_hashes;
  if (base::sha256(packed) != hashes[piece - format::kFirstColumnPiece]) {
    return format::damaged_hints();
  }
  return proved_by_hash(std::move(*copied));
}

base::Result<ProvedPiece> UnitHints::read_masks(std::uint32_t piece) {
  CN_ASSIGN(ProvedPiece sum, copy(format::kMaskSumPiece));
  CN_ASSIGN(ProvedPiece squares, copy(format::kMaskSquaresPiece));
  base::Sha256Stream hash;
  for (const ProvedPiece* part : {&sum, &squares}) {
    hash.update({part->get(), part->get_deleter().size});
  }
  if (hash.finish() != manifest_.body().units[unit_].shared_hint_hash) {
    return format::damaged_hints();
  }
  return proved_by_hash(std::move(piece == format::kMaskSumPiece ? sum : squares));
}

}  // namespace cryptonet::columns::open
