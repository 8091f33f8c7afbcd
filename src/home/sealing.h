// SPDX-License-Identifier: Apache-2.0
// The key to which a contributor seals changes when the gatekeeper's custodian replaces it. The one
// that the home joined with stands in identity.json, a later one in sealing.json, which is believed
// only with the authority's signature: whoever can pass for the gatekeeper cannot make one.
#pragma once

#include "base/file_system.h"
#include "home/home.h"

namespace cryptonet::home {

/// The bytes of the public key. kIntegrity when the authority did not sign it.
base::Result<std::array<std::uint8_t, 32>> checked_sealing_key(const api::SealingKey& key,
                                                               const std::string& authority_pem);
/// Asks the gatekeeper for its present key and keeps it, if its generation is later than the one
/// kept. True: encrypt seals to another key from now on.
base::Result<bool> refresh_sealing_key(const Home& home, net::HttpClient& gatekeeper,
                                       base::FileSystem& files);

}  // namespace cryptonet::home
