// SPDX-License-Identifier: Apache-2.0
// Hints piece by piece, and key parts of many pairs at once against their formula.
#include "columns/open/unit_hints.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>

#include "columns/open/upload_testing.h"

namespace cryptonet::columns::open {
namespace {

using format::kFirstColumnPiece;
using format::kMaskSquaresPiece;
using format::kMaskSumPiece;

/// Whether the piece can be read and proved.
bool opens(UnitHints& hints, std::uint32_t piece) {
  const auto proved = hints.read(piece);
  EXPECT_TRUE(proved.ok() || proved.error().code == base::ErrorCode::kIntegrity);
  return proved.ok();
}

/// Knows some pieces by heart.
struct KnownPieces final : PieceProof {
  std::map<std::uint32_t, base::Bytes> known;
  mutable std::atomic<int> asked = 0;
  bool proves(std::uint32_t, std::uint32_t piece, base::ByteView packed) const override {
    ++asked;
    const auto found = known.find(piece);
    return found != known.end() && base::Bytes(packed.begin(), packed.end()) == found->second;
  }
};

class UnitHintsTest : public testing::Test {
 protected:
  base::ByteView stored(std::uint32_t piece) const {
    const std::size_t size = upload_.set().packed_bytes();
    return base::ByteView(upload_.hint_files[0])
        .subspan(format::kHintHeaderBytes + piece * size, size);
  }
  /// Words of a packed residue polynomial, in transformed form.
  std::vector<std::uint64_t> words(std::uint32_t piece, std::size_t prime) const {
    std::vector<std::uint64_t> unpacked(upload_.set().ring_degree());
    const auto bytes = stored(piece).subspan(6 * prime * unpacked.size(), 6 * unpacked.size());
    for (std::size_t i = 0; i < unpacked.size(); ++i) {
      std::memcpy(&unpacked[i], bytes.data() + 6 * i, 6);
    }
    keys::ring_of(upload_.set()).table(prime).forward(unpacked);
    return unpacked;
  }

  UploadForTest upload_ = make_upload(usual_plans(), {random_rows(300, 1)}, 5);
};

/// Sum of A1*s_x, or of u_x*s_y + u_y*s_x + A2*s_x*s_y, word by word.
TEST_F(UnitHintsTest, GiveKeyPartsAsTheirFormulaSays) {
  const UploadKey key = *unseal_key(*upload_.manifest, *upload_.sealed_key,
                                    upload_.gatekeeper_secret, upload_.enrolment_secret);
  const auto& ring = keys::ring_of(upload_.set());
  std::vector<he::secret::TernarySecret> secrets;
  for (const auto& column : upload_.body.columns) {
    secrets.push_back(keys::derive_column_secret(key, upload_.set(), ring, column));
  }
  std::vector<format::ColumnPair> pairs;
  for (std::uint32_t left = 0; left < 5; ++left) {
    for (std::uint32_t right = left; right < 6; ++right) {
      pairs.push_back(format::make_pair(left, right == 5 ? format::kNoColumn : right));
    }
  }
  UnitHints hints(*upload_.manifest, 0, upload_.hint_files[0]);
  base::ThreadPool pool(2);
  const auto parts = *upload_.opener->key_parts(pairs, hints, pool);
  ASSERT_EQ(parts.size(), pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [left, right] = pairs[p];
    for (std::size_t j = 0; j < ring.primes(); ++j) {
      const auto& q = ring.modulus(j);
      const auto s_x = secrets[left].poly().residue(j);
      std::uint64_t expected = 0;
      const auto first =
          words(right == format::kNoColumn ? kMaskSumPiece : kFirstColumnPiece + left, j);
      const auto squares = words(kMaskSquaresPiece, j);
      for (std::size_t i = 0; i < s_x.size(); ++i) {
        if (right == format::kNoColumn) {
          expected = q.add(expected, q.multiply(first[i], s_x[i]));
          continue;
        }
        expected = q.add(expected, q.multiply(first[i], secrets[right].poly().residue(j)[i]));
      }
      if (right != format::kNoColumn) {
        const auto second = words(kFirstColumnPiece + right, j);
        const auto s_y = secrets[right].poly().residue(j);
        for (std::size_t i = 0; i < s_x.size(); ++i) {
          const std::uint64_t folded = q.add(second[i], q.multiply(squares[i], s_y[i]));
          expected = q.add(expected, q.multiply(folded, s_x[i]));
        }
      }
      ASSERT_EQ(parts[p][j], expected) << left << " " << right << " " << j;
    }
    const auto alone = upload_.opener->key_part(0, pairs[p], upload_.hint_files[0]);
    ASSERT_TRUE(alone.ok());
    EXPECT_EQ(*alone, parts[p]);
  }
}

TEST_F(UnitHintsTest, AreReadInRoundsOfAnySize) {
  std::vector<encrypt::ColumnPlan> plans;
  for (std::uint8_t c = 0; c < 80; ++c) {
    plans.push_back({id_of<format::ColumnTag>(c), c % 3U, std::nullopt, std::nullopt});
  }
  const auto& set = format::narrow_set();
  const auto upload = make_upload(plans, {random_rows(100, 2, 300)}, 6, 2, set);
  std::vector<format::ColumnPair> pairs;
  for (std::uint32_t i = 0; i < 80; ++i) {
    pairs.push_back(format::make_pair(i, 79 - i));
    pairs.push_back(format::make_pair(i));
    pairs.push_back(format::make_pair(i, 7));
  }
  UnitHints hints(*upload.manifest, 0, upload.hint_files[0]);
  base::ThreadPool pool(2);
  const auto parts = upload.opener->key_parts(pairs, hints, pool);
  ASSERT_TRUE(parts.ok());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    ASSERT_EQ((*parts)[p], *upload.opener->key_part(0, pairs[p], upload.hint_files[0])) << p;
  }
}

TEST_F(UnitHintsTest, RefuseEveryAlteredPieceAndOnlyThat) {
  const std::size_t piece = format::wide_set().packed_bytes();
  base::Bytes file = upload_.hint_files[0];
  file[format::kHintHeaderBytes + 2 * piece + kX * piece] ^= 1U;  // u of column kX
  UnitHints hints(*upload_.manifest, 0, file);
  EXPECT_TRUE(opens(hints, kMaskSumPiece));
  EXPECT_TRUE(opens(hints, kFirstColumnPiece + kWeight));
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_FALSE(opens(hints, kFirstColumnPiece + kX));
  }
  EXPECT_FALSE(upload_.opener->key_part(0, format::make_pair(kX, kWeight), file).ok());
  EXPECT_TRUE(upload_.opener->key_part(0, format::make_pair(kIndicator, kWeight), file).ok());
  for (const std::uint32_t mask : {kMaskSumPiece, kMaskSquaresPiece}) {
    base::Bytes altered = upload_.hint_files[0];
    altered[format::kHintHeaderBytes + mask * piece] ^= 1U;
    UnitHints masks(*upload_.manifest, 0, altered);
    EXPECT_FALSE(opens(masks, mask));
  }
  base::Bytes cut(upload_.hint_files[0].begin(), upload_.hint_files[0].end() - 1);
  EXPECT_FALSE(upload_.opener->key_part(0, format::make_pair(kX, kWeight), cut).ok());
  UnitHints no_unit(*upload_.manifest, 1, upload_.hint_files[0]);
  EXPECT_FALSE(opens(no_unit, kMaskSumPiece));
  EXPECT_FALSE(opens(no_unit, kFirstColumnPiece));
}

TEST_F(UnitHintsTest, BelieveAProofOrTheHashButNothingElse) {
  KnownPieces proof;
  const base::ByteView honest = stored(kFirstColumnPiece + kX);
  proof.known[kFirstColumnPiece + kX] = base::Bytes(honest.begin(), honest.end());
  UnitHints proved(*upload_.manifest, 0, upload_.hint_files[0], &proof);
  EXPECT_TRUE(opens(proved, kFirstColumnPiece + kX));
  EXPECT_FALSE(proved.proof_is_missing());
  EXPECT_TRUE(opens(proved, kFirstColumnPiece + kWeight));  // by the manifest's hash
  EXPECT_TRUE(proved.proof_is_missing());
  UnitHints masks(*upload_.manifest, 0, upload_.hint_files[0], &proof);
  EXPECT_TRUE(opens(masks, kMaskSquaresPiece));
  EXPECT_TRUE(masks.proof_is_missing());
  EXPECT_EQ(proof.asked, 3);
  base::Bytes file = upload_.hint_files[0];
  file.back() ^= 1U;
  file[format::kHintHeaderBytes + (2 + kX) * format::wide_set().packed_bytes()] ^= 1U;
  UnitHints altered(*upload_.manifest, 0, file, &proof);
  EXPECT_FALSE(opens(altered, kFirstColumnPiece + kX));
  EXPECT_FALSE(opens(altered, kFirstColumnPiece + 4));
}

/// Alters the file as soon as a piece of it is to be proved.
struct FileChanges final : PieceProof {
  explicit FileChanges(base::Bytes& changed) : file(changed) {}
  base::Bytes& file;
  bool proves(std::uint32_t, std::uint32_t, base::ByteView packed) const override {
    const base::Bytes before(packed.begin(), packed.end());
    std::fill(file.begin() + format::kHintHeaderBytes, file.end(), std::uint8_t{0});
    return std::equal(before.begin(), before.end(), packed.begin());
  }
};

/// What lies on the disk may change while it is read: what was proved is what is used.
TEST_F(UnitHintsTest, UseWhatWasProved) {
  const base::ByteView honest = stored(kFirstColumnPiece + kX);
  base::Bytes file = upload_.hint_files[0];
  const FileChanges proof(file);
  UnitHints hints(*upload_.manifest, 0, file, &proof);
  const auto piece = hints.read(kFirstColumnPiece + kX);
  ASSERT_TRUE(piece.ok());
  EXPECT_TRUE(std::equal(honest.begin(), honest.end(), piece->get()));
  EXPECT_EQ(file.back(), 0);
}

}  // namespace
}  // namespace cryptonet::columns::open
