// SPDX-License-Identifier: Apache-2.0
// The package that a contributor shows before anything large is sent. Bytes only; a pure function.
#pragma once

#include "gatekeeper/state/upload_files.h"

namespace cryptonet::gatekeeper::intake {

/// Blocks of a package: u32 length and bytes of manifest, sealed key, sealed legend. kBadInput when
/// the bytes are not exactly these.
base::Result<state::Package> parse_package(base::ByteView bytes);

}  // namespace cryptonet::gatekeeper::intake
