// SPDX-License-Identifier: Apache-2.0
// What a state must forget when it comes back from a backup, which is a machine put back in time:
// what was used, ended or revoked since the backup was made looks fresh in it.
#pragma once

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

/// Ends every session and access key, spends every recovery code and every code of an authenticator
/// up to now, and notes when (facts.h). One transaction.
base::Status end_what_was_good_for_once(Database& database, std::int64_t now_s);

}  // namespace cryptonet::gatekeeper::state
