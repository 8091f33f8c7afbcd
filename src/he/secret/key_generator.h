// SPDX-License-Identifier: Apache-2.0
// Keys of general BGV. The keys of masked columns are made elsewhere (columns/keys): nothing there
// needs a public or a switching key.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET_BGV
#error "he/secret is for holders of keys only: name cn_he_secret_bgv among the target's DEPS"
#endif

#include "he/secret/encryptor.h"

namespace cryptonet::he::secret {

/// A uniform ternary secret over all primes of the chain.
TernarySecret generate_secret(const bgv::Chain& chain, base::Randomness& randomness);
bgv::PublicKey generate_public_key(const bgv::Chain& chain, const TernarySecret& secret,
                                   base::Randomness& randomness);
/// Keys for s^2 … s^power_max. kBadInput ("bgv.keys") without a special prime, or for a power not
/// in 2 … 15.
base::Result<bgv::RelinearisationKeys> generate_relinearisation_keys(const bgv::Chain& chain,
                                                                     const TernarySecret& secret,
                                                                     std::size_t power_max,
                                                                     base::Randomness& randomness);
/// A key for each element (odd, below 2N).
base::Result<bgv::GaloisKeys> generate_galois_keys(const bgv::Chain& chain,
                                                   const TernarySecret& secret,
                                                   std::span<const std::uint64_t> elements,
                                                   base::Randomness& randomness);

}  // namespace cryptonet::he::secret
