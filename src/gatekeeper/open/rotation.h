// SPDX-License-Identifier: Apache-2.0
// Replacing the keys that see the most use: the record key, and the key to which contributors seal.
// In order: (1) a new generation of the sealing key is kept beside the old ones; (2) every upload
// key that was taken in is sealed anew, to it; (3) in one transaction every sealed record of the
// state is sealed under a new record key and the sealing keys that nothing needs are wiped. Killed
// between or within these it leaves a home in which everything opens; run again it starts over. The
// home must be nobody else's meanwhile: locked for serving, and its keys locked.
#pragma once

#include "gatekeeper/home/home.h"
#include "gatekeeper/state/uploads.h"

namespace cryptonet::gatekeeper::open {

struct RotationOptions {
  /// Packages that were sealed to the last generation before, and have not arrived yet, will be
  /// refused: for a key that somebody may have.
  bool wipe_last = false;
};
struct Rotation {
  std::uint32_t generation = 0;           ///< the new one
  std::uint64_t upload_keys = 0;          ///< sealed anew
  std::uint64_t records = 0;              ///< sealed anew
  std::vector<state::UploadId> unopened;  ///< whose keys did not open before either
  std::vector<std::uint32_t> wiped;
};

/// The home is unsealed, by this master key. It holds the new keys afterwards.
base::Result<Rotation> rotate(home::Home& home, const keys::MasterKey& master,
                              const RotationOptions& options, base::FileSystem& files,
                              base::Randomness& randomness, net::TimePoint now);

}  // namespace cryptonet::gatekeeper::open
