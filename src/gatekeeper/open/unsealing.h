// SPDX-License-Identifier: Apache-2.0
// Where the gatekeeper takes upload keys into its hands, and the only place: from a package it
// reads the manifest and the legend, and makes the opener of a question. A key lives as long as the
// object that it is asked for. Stateless; any thread.
#pragma once

#include <memory>

#include "columns/open/opener.h"
#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/state/upload_files.h"
#include "table/legend.h"

namespace cryptonet::gatekeeper::open {

/// What unseals one contributor's uploads.
struct Unsealer {
  const keys::KeyRing& keys;
  const base::Secret<32>& enrolment_secret;
};

// shared: catalogue and running questions hold the same parsed manifest
using ManifestPointer = std::shared_ptr<const columns::format::Manifest>;

/// The readable parts of an upload, proved to belong together.
struct UploadParts {
  ManifestPointer manifest;
  // shared: likewise
  std::shared_ptr<const table::Legend> legend;
};

/// kIntegrity when the signature, the key or the legend fails; kBadInput for a parameter set of a
/// newer program.
base::Result<UploadParts> read_package(const Unsealer& unsealer, const state::Package& package);

/// The package's upload key, sealed to the newest generation instead of the one it came sealed to:
/// the bytes of its file. kIntegrity when it does not open.
base::Result<base::Bytes> reseal_key(const Unsealer& unsealer, const state::Package& package,
                                     base::Randomness& randomness);

/// kIntegrity when the key does not open.
base::Result<columns::open::UploadOpener> make_opener(const Unsealer& unsealer,
                                                      ManifestPointer manifest,
                                                      base::ByteView sealed_key);

}  // namespace cryptonet::gatekeeper::open
