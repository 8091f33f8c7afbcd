// SPDX-License-Identifier: Apache-2.0
// The keys of the ring, and the private key of the authority, between memory and the state file,
// where each lies sealed under the master key by its name: root, records, sealing/<generation>,
// authority. Stateless.
#pragma once

#include "gatekeeper/keys/key_ring.h"
#include "gatekeeper/keys/master_key.h"
#include "gatekeeper/state/kept_keys.h"

namespace cryptonet::gatekeeper::keys {

/// Everything that is kept sealed.
struct KeptSecrets {
  RingKeys ring;
  base::SecretVector<std::uint8_t> authority_key;  ///< PEM
};

/// In place of what is kept under this master key; keys under others stay.
base::Status keep(state::Database& database, const MasterKey& master, const KeptSecrets& secrets,
                  base::Randomness& randomness);
/// The same as part of a transaction of the caller's.
base::Status keep(state::Connection& connection, const MasterKey& master,
                  const KeptSecrets& secrets, base::Randomness& randomness);
/// kIntegrity when a key is missing, does not open, or has a wrong size.
base::Result<KeptSecrets> load(state::Database& database, const MasterKey& master);

/// The name under which a generation of the sealing key is kept.
std::string sealing_key_name(std::uint32_t generation);

}  // namespace cryptonet::gatekeeper::keys
