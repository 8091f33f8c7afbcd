// SPDX-License-Identifier: Apache-2.0
// Enrolments: an invitation for one name and one role, handed over as a file of mode 0600 and good
// until it is revoked. The file holds a 256-bit secret that proves a join and enters the sealing of
// upload keys; it never travels again. docs/formats/enrolment.md has the file's fields. It lets a
// machine in; a question needs a person as well, who signed in on that machine (sign_in.h).
#pragma once

#include <filesystem>
#include <string>

#include "base/file_system.h"
#include "base/randomness.h"
#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/state/identities.h"
#include "net/certificate.h"

namespace cryptonet::gatekeeper::auth {

/// What enrolling and joining need of the home: where names are kept, the gatekeeper's own secret,
/// and the authority that signs certificates.
struct Authority {
  state::Identities& identities;
  const keys::KeyRing& keys;
  const net::KeyAndCertificate& certificate;
};

struct Invitation {
  std::string name;
  state::EnrolmentRole role = state::EnrolmentRole::kResearcher;
};

/// Enrols a name and writes its file, both or none. The cloud's file also holds a key and a
/// certificate of its own, so that the cloud needs nobody to start. kBadInput: the name is taken,
/// malformed, or the file exists.
base::Status enrol(const Authority& authority, const Invitation& invitation,
                   const std::filesystem::path& file, base::FileSystem& files,
                   base::Randomness& randomness, net::TimePoint now);

/// From now on every certificate of this enrolment is refused. kBadInput for an unknown name, and
/// for the cloud's: the gatekeeper calls the cloud, not the other way round, so there is nothing
/// that a revocation could refuse.
base::Status revoke(const Authority& authority, const std::string& name, net::TimePoint now);

/// The secret of an enrolment, unsealed.
base::Result<base::Secret<32>> enrolment_secret(const keys::KeyRing& keys,
                                                const state::Enrolment& enrolment);

net::PeerRole peer_role(state::EnrolmentRole role);
std::int64_t unix_seconds(net::TimePoint time);

}  // namespace cryptonet::gatekeeper::auth
