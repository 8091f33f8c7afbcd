// SPDX-License-Identifier: Apache-2.0
// Every sealed record of the state, from under one ring's record key to under another's. The list
// of the columns that hold such records is here; a column named sealed_* that is not in it stops
// the work, so that none is forgotten.
#pragma once

#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::keys {

/// Part of a transaction of the caller's. How many there were. kIntegrity when a record does not
/// open, kInternal when the state has a sealed column that is not known here.
base::Result<std::uint64_t> reseal_records(state::Connection& connection, const KeyRing& from,
                                           const KeyRing& to);

}  // namespace cryptonet::gatekeeper::keys
