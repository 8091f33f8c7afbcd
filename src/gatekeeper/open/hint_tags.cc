// SPDX-License-Identifier: Apache-2.0
// What is tagged is the copy in memory that was compared with the manifest, not the disk's.
#include "gatekeeper/open/hint_tags.h"

#include "base/hash.h"

namespace cryptonet::gatekeeper::open {
namespace {
using columns::format::Manifest;

constexpr std::size_t kTagBytes = 16;
using Tag = std::array<std::uint8_t, kTagBytes>;

Tag tag_of(const keys::KeyRing& keys, const Manifest& manifest, std::uint32_t unit,
           std::uint32_t piece, base::ByteView packed) {
  base::ByteWriter place;
  place.raw(manifest.digest());
  place.u32(unit);
  place.u32(piece);
  base::Digest key = keys.tag(keys::RecordKind::kHintPiece, place.bytes());
  const Tag tag = base::poly1305(key, packed);
  base::wipe(key.data(), key.size());
  return tag;
}
}  // namespace

bool HintTags::proves(std::uint32_t unit, std::uint32_t piece, base::ByteView packed) const {
  const std::size_t at = kTagBytes * std::size_t{piece};
  if (tags_.size() < at + kTagBytes) return false;
  const Tag tag = tag_of(keys_, manifest_, unit, piece, packed);
  return base::equal_constant_time(tag, base::ByteView(tags_).subspan(at, kTagBytes));
}

base::Result<base::Bytes> make_hint_tags(const keys::KeyRing& keys, const Manifest& manifest,
                                         std::uint32_t unit, base::ByteView hint_file) {
  columns::open::UnitHints hints(manifest, unit, hint_file);
  base::Bytes tags;
  for (std::uint32_t piece = 0; piece < columns::format::hint_pieces(manifest); ++piece) {
    CN_ASSIGN(const auto proved, hints.read(piece));
    const base::ByteView packed = {proved.get(), manifest.parameters().packed_bytes()};
    const Tag tag = tag_of(keys, manifest, unit, piece, packed);
    tags.insert(tags.end(), tag.begin(), tag.end());
  }
  return tags;
}

base::Status tag_hints(const keys::KeyRing& keys, state::UploadFiles& files,
                       const Manifest& manifest, std::uint32_t unit) {
  CN_ASSIGN(const auto file, files.map_hints(manifest, unit));
  CN_ASSIGN(const base::Bytes tags, make_hint_tags(keys, manifest, unit, file.bytes()));
  return files.store_hint_tags(manifest, unit, tags);
}

}  // namespace cryptonet::gatekeeper::open
