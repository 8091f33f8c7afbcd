// SPDX-License-Identifier: Apache-2.0
// Segment headers, hint files, sealed keys, requests and replies: round trips and hostile bytes. A
// parser that accepts changed bytes must have read what those bytes say, so writing it again gives
// them back.
#include <gtest/gtest.h>
#include <sodium.h>

#include <functional>

#include "base/hash.h"
#include "columns/format/hints.h"
#include "columns/format/sealed_key.h"
#include "columns/format/segment.h"
#include "columns/format/totals.h"

namespace cryptonet::columns::format {
namespace {

/// Reads and writes again; nothing when the bytes are refused.
using Rewrite = std::function<std::optional<base::Bytes>(base::ByteView)>;

/// Every truncation is refused; every flipped bit is refused or read faithfully.
void expect_robust(const base::Bytes& bytes, const Rewrite& rewrite) {
  ASSERT_EQ(rewrite(bytes), bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_FALSE(rewrite(base::ByteView(bytes).first(length)).has_value()) << length;
  }
  base::Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(rewrite(longer).has_value());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    base::Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    const auto rewritten = rewrite(flipped);
    if (!rewritten) continue;
    ASSERT_EQ(*rewritten, flipped) << bit;
  }
}

template <typename Tag>
Id<Tag> id_of(std::uint8_t number) {
  Id<Tag> id;
  id.bytes.fill(number);
  return id;
}

/// A manifest of one column and one unit of 66 chunks, so of two segments.
struct TwoSegments {
  TwoSegments() {
    base::start_sodium();
    base::Secret<64> key;
    ManifestBody body;
    crypto_sign_keypair(body.contributor_key.data(), key.data());
    body.upload = id_of<UploadTag>(1);
    body.columns = {id_of<ColumnTag>(2)};
    UnitEntry unit;
    unit.id = id_of<UnitTag>(3);
    unit.chunks = 66;
    const std::size_t packed = wide_set().packed_bytes();
    hints.assign(3 * packed, 0x5A);
    unit.shared_hint_hash = base::sha256(base::ByteView(hints).first(2 * packed));
    unit.hint_hashes = {base::sha256(base::ByteView(hints).subspan(2 * packed))};
    unit.segments = {{base::Digest{}, base::Digest{}}};
    body.units = {unit};
    const base::Bytes header = write_hint_header(body, 0);
    hints.insert(hints.begin(), header.begin(), header.end());
    manifest = *Manifest::sign(body, key);
  }
  std::optional<Manifest> manifest;
  base::Bytes hints;
};

TEST(Segment, HeaderSurvivesHostileBytes) {
  const SegmentHeader header = {
      ParameterSetId::kWide, id_of<UploadTag>(1), id_of<ColumnTag>(2), id_of<UnitTag>(3), 128, 64};
  const base::Bytes bytes = write_segment_header(header);
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  expect_robust(bytes, [](base::ByteView view) -> std::optional<base::Bytes> {
    const auto parsed = parse_segment_header(view);
    if (!parsed.ok()) return std::nullopt;
    return write_segment_header(*parsed);
  });
}

TEST(Segment, HeaderRefusesChunksThatNoUnitHas) {
  const auto accepted = [](std::uint32_t first, std::uint32_t chunks) {
    SegmentHeader header;
    header.first_chunk = first;
    header.chunks = chunks;
    return parse_segment_header(write_segment_header(header)).ok();
  };
  EXPECT_TRUE(accepted(0, 1));
  EXPECT_TRUE(accepted((1U << 19) - 64, 64));
  EXPECT_FALSE(accepted(0, 0));
  EXPECT_FALSE(accepted(0, 65));
  EXPECT_FALSE(accepted(1, 1));
  EXPECT_FALSE(accepted(1U << 19, 1));
  EXPECT_FALSE(accepted(0xFFFFFFC0, 64));
}

TEST(Segment, GivesTheChunksOfItsPlaceOnly) {
  const TwoSegments made;
  const std::size_t packed = wide_set().packed_bytes();
  const auto file = [&](std::uint32_t first, std::uint32_t chunks, std::size_t stored) {
    base::Bytes bytes =
        write_segment_header({ParameterSetId::kWide, id_of<UploadTag>(1), id_of<ColumnTag>(2),
                              id_of<UnitTag>(3), first, chunks});
    bytes.resize(bytes.size() + stored * packed, 0x11);
    return bytes;
  };
  const auto accepted = [&](std::uint32_t segment, const base::Bytes& bytes) {
    return segment_chunks(*made.manifest, 0, 0, segment, bytes).ok();
  };
  const base::Bytes second = file(64, 2, 2);
  const auto chunks = segment_chunks(*made.manifest, 0, 0, 1, second);
  ASSERT_TRUE(chunks.ok());
  ASSERT_EQ(chunks->size(), 2U);
  EXPECT_EQ((*chunks)[1].data(), second.data() + kSegmentHeaderBytes + packed);
  EXPECT_EQ((*chunks)[1].size(), packed);
  EXPECT_FALSE(accepted(0, second));          // another place
  EXPECT_FALSE(accepted(1, file(64, 2, 1)));  // too short
  EXPECT_FALSE(accepted(1, file(64, 2, 3)));  // too long
  EXPECT_FALSE(accepted(1, file(64, 1, 1)));  // fewer chunks than the unit has
  EXPECT_FALSE(segment_chunks(*made.manifest, 0, 0, 2, second).ok());
  EXPECT_FALSE(segment_chunks(*made.manifest, 0, 1, 1, second).ok());
  EXPECT_FALSE(segment_chunks(*made.manifest, 1, 0, 1, second).ok());
  for (const std::size_t byte : {8U, 24U, 40U}) {  // upload, column, unit
    base::Bytes foreign = second;
    foreign[byte] ^= 1;
    EXPECT_FALSE(accepted(1, foreign)) << byte;
  }
}

TEST(Hints, AreCheckedPartByPart) {
  const TwoSegments made;
  const std::size_t packed = wide_set().packed_bytes();
  EXPECT_EQ(made.hints.size(), hint_file_bytes(*made.manifest, 0));
  EXPECT_TRUE(verify_hint_file(*made.manifest, 0, made.hints).ok());
  EXPECT_EQ(shared_hint(*made.manifest, 0, made.hints)->size(), 2 * packed);
  EXPECT_EQ(column_hint(*made.manifest, 0, 0, made.hints)->data(),
            made.hints.data() + kHintHeaderBytes + 2 * packed);
  EXPECT_FALSE(column_hint(*made.manifest, 0, 1, made.hints).ok());
  EXPECT_FALSE(shared_hint(*made.manifest, 1, made.hints).ok());
  EXPECT_FALSE(verify_hint_file(*made.manifest, 0, {}).ok());
  EXPECT_FALSE(
      verify_hint_file(*made.manifest, 0, base::ByteView(made.hints).first(made.hints.size() - 1))
          .ok());
  for (std::size_t byte = 0; byte < made.hints.size(); byte += byte < 64 ? 1 : 9973) {
    base::Bytes changed = made.hints;
    changed[byte] ^= 0x80;
    EXPECT_FALSE(verify_hint_file(*made.manifest, 0, changed).ok()) << byte;
    const bool in_column = byte >= kHintHeaderBytes + 2 * packed;
    EXPECT_EQ(column_hint(*made.manifest, 0, 0, changed).ok(), !in_column) << byte;
    EXPECT_EQ(shared_hint(*made.manifest, 0, changed).ok(), byte < kHintHeaderBytes || in_column);
  }
}

/// What an older or a newer program wrote is refused by name, with the mend.
TEST(Hints, OfOtherVersionsAreRefusedByName) {
  const TwoSegments made;
  base::Bytes file = made.hints;
  file[4] = 1;
  const auto old = verify_hint_file(*made.manifest, 0, file);
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().code, base::ErrorCode::kBadInput);
  EXPECT_EQ(old.error().rule, "format.old_version");
  EXPECT_EQ(old.error().hint, "encrypt the table again and upload it");
  EXPECT_EQ(check_hint_header(*made.manifest, 0, file).error().rule, "format.old_version");
  file[4] = 3;
  EXPECT_EQ(verify_hint_file(*made.manifest, 0, file).error().rule, "format.version");
  file[4] = 0;
  EXPECT_EQ(verify_hint_file(*made.manifest, 0, file).error().rule, "format.version");
}

TEST(SealedKey, OfOtherSuitesIsRefusedByName) {
  base::Bytes bytes = write_sealed_key({});
  for (const std::uint8_t suite : {std::uint8_t{1}, std::uint8_t{2}}) {
    bytes[8] = suite;
    const auto old = parse_sealed_key(bytes);
    ASSERT_FALSE(old.ok());
    EXPECT_EQ(old.error().code, base::ErrorCode::kBadInput);
    EXPECT_EQ(old.error().rule, "sealed_key.old_suite");
    EXPECT_EQ(old.error().hint, "drop the version, encrypt the table again and upload it");
  }
  for (const std::uint8_t suite : {std::uint8_t{0}, std::uint8_t{4}}) {
    bytes[8] = suite;
    EXPECT_EQ(parse_sealed_key(bytes).error().rule, "sealed_key.suite");
  }
}

TEST(SealedKey, SurvivesHostileBytes) {
  SealedKey sealed;
  sealed.upload = id_of<UploadTag>(1);
  sealed.ephemeral_key.fill(2);
  sealed.nonce.fill(3);
  sealed.ciphertext.fill(4);
  expect_robust(write_sealed_key(sealed), [](base::ByteView view) -> std::optional<base::Bytes> {
    const auto parsed = parse_sealed_key(view);
    if (!parsed.ok()) return std::nullopt;
    return write_sealed_key(*parsed);
  });
}

TotalsRequest small_request() {
  TotalsRequest request;
  request.upload = id_of<UploadTag>(1);
  request.manifest_digest.fill(2);
  request.units = {0, 5};
  request.pairs = {make_pair(3, 1), make_pair(2, 2), make_pair(2)};
  return request;
}

TEST(Totals, PairsHaveOneSpelling) {
  EXPECT_EQ(make_pair(3, 1), make_pair(1, 3));
  EXPECT_EQ(make_pair(3, 1).left, 1U);
  EXPECT_EQ(make_pair(7).right, kNoColumn);
}

TEST(Totals, RequestSurvivesHostileBytes) {
  const auto rewrite = [](base::ByteView view) -> std::optional<base::Bytes> {
    const auto parsed = parse_totals_request(view);
    if (!parsed.ok()) return std::nullopt;
    return write_totals_request(*parsed);
  };
  expect_robust(write_totals_request(small_request()), rewrite);
  TotalsRequest anew = small_request();
  anew.prove_anew = true;
  expect_robust(write_totals_request(anew), rewrite);
  EXPECT_TRUE(parse_totals_request(write_totals_request(anew))->prove_anew);
  EXPECT_FALSE(parse_totals_request(write_totals_request(small_request()))->prove_anew);
  for (const std::size_t how : {2U, 3U, 255U}) {
    base::Bytes other = write_totals_request(anew);
    other[5] = static_cast<std::uint8_t>(how);
    EXPECT_FALSE(parse_totals_request(other).ok()) << how;
  }
  const auto refused = [&](const std::function<void(TotalsRequest&)>& spoil) {
    TotalsRequest request = small_request();
    spoil(request);
    return !parse_totals_request(write_totals_request(request)).ok();
  };
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.units = {5, 0}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.units = {5, 5}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.units = {}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.units = {kMaxUnits}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.pairs = {}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.pairs = {{3, 1}}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.pairs = {{1, 3}, {1, 3}}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.pairs = {{1, 4096}}; }));
  EXPECT_TRUE(refused([](TotalsRequest& r) { r.pairs = {{4096, kNoColumn}}; }));
}

TEST(Totals, RequestRefusesHugeCountsBeforeAllocating) {
  base::Bytes bytes = write_totals_request(small_request());
  for (std::size_t i = 56; i < 64; ++i) bytes[i] = 0xFF;
  EXPECT_FALSE(parse_totals_request(bytes).ok());
}

TEST(Totals, ReplySurvivesHostileBytes) {
  const ParameterSet& set = wide_set();
  const TotalsRequest request = small_request();
  std::vector<Residues> totals(6);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) totals[i][j] = set.bgv.ciphertext_moduli()[j] - 1 - i;
  }
  const base::Bytes bytes = write_totals_reply(set, totals);
  EXPECT_EQ(bytes.size(), 12U + 6 * 18);
  expect_robust(bytes, [&](base::ByteView view) -> std::optional<base::Bytes> {
    const auto parsed = parse_totals_reply(set, request, view);
    if (!parsed.ok()) return std::nullopt;
    return write_totals_reply(set, *parsed);
  });
  EXPECT_EQ(*parse_totals_reply(set, request, bytes), totals);
  totals[3][1] = set.bgv.ciphertext_moduli()[1];
  const auto not_reduced = parse_totals_reply(set, request, write_totals_reply(set, totals));
  ASSERT_FALSE(not_reduced.ok());
  EXPECT_EQ(not_reduced.error().code, base::ErrorCode::kIntegrity);
  totals.pop_back();
  EXPECT_FALSE(parse_totals_reply(set, request, write_totals_reply(set, totals)).ok());
}

}  // namespace
}  // namespace cryptonet::columns::format
