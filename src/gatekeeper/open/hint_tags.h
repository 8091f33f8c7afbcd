// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's own tags of hints. A piece was compared with its SHA-256 in the manifest when it
// came in; to prove again at each opening that the disk still holds it, a Poly1305 tag does, which
// takes a sixth of the time. Each piece has a one-time key: HMAC-SHA-256 under a key of the ring,
// over manifest digest, unit and piece. The digest fixes the hash of the piece, so one key meets
// one message; a forged piece passes with probability 2^-90 and is a failed opening otherwise.
// Without a tag, or with a wrong one, the manifest's hash decides as ever. Any thread.
//
// Tags of a unit: 16 bytes for each piece, in the order of the hint file.
#pragma once

#include "columns/open/unit_hints.h"
#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/state/upload_files.h"

namespace cryptonet::gatekeeper::open {

class HintTags final : public columns::open::PieceProof {
 public:
  /// Borrows ring and manifest. `tags` are of one unit; empty where there are none.
  HintTags(const keys::KeyRing& keys, const columns::format::Manifest& manifest, base::Bytes tags)
      : keys_(keys), manifest_(manifest), tags_(std::move(tags)) {}
  bool proves(std::uint32_t unit, std::uint32_t piece, base::ByteView packed) const override;

 private:
  const keys::KeyRing& keys_;
  const columns::format::Manifest& manifest_;
  base::Bytes tags_;
};

/// The tags of a unit whose hints are whole. kIntegrity when a piece does not match the manifest.
base::Result<base::Bytes> make_hint_tags(const keys::KeyRing& keys,
                                         const columns::format::Manifest& manifest,
                                         std::uint32_t unit, base::ByteView hint_file);
/// Makes them and stores them beside the file.
base::Status tag_hints(const keys::KeyRing& keys, state::UploadFiles& files,
                       const columns::format::Manifest& manifest, std::uint32_t unit);

}  // namespace cryptonet::gatekeeper::open
