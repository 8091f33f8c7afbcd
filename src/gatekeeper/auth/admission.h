// SPDX-License-Identifier: Apache-2.0
// Who comes in. join() turns a proof of an enrolment secret into a certificate; principal_of() is
// asked on every other route and refuses certificates that were never given out here or whose
// enrolment was revoked, so that a revocation holds from the next request on. Any thread.
#pragma once

#include "api/messages.h"
#include "gatekeeper/auth/enrolment.h"

namespace cryptonet::gatekeeper::auth {

/// The certificate in PEM form, registered. kRefused: unknown or revoked enrolment, or wrong proof.
/// kBadInput: a malformed request behind a right proof.
base::Result<std::string> join(const Authority& authority, const api::JoinRequest& request,
                               net::TimePoint now);

/// kRefused for a certificate that is not registered or was revoked.
base::Result<state::Principal> principal_of(state::Identities& identities, const net::Peer& peer);

}  // namespace cryptonet::gatekeeper::auth
