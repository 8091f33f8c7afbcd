// SPDX-License-Identifier: Apache-2.0
// Encryption of general BGV, with the secret key (seeded too) and with the public key. Every call
// draws a fresh key for its noise from the randomness, so nothing is ever encrypted twice with one
// mask. The correction factor of what is made is 1. What was drawn is wiped.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET_BGV
#error "he/secret is for holders of keys only: name cn_he_secret_bgv among the target's DEPS"
#endif

#include "base/randomness.h"
#include "he/bgv/ciphertext.h"
#include "he/seal/seed.h"
#include "he/secret/ternary_secret.h"

namespace cryptonet::he::secret {

/// A ciphertext whose c_1 is the expansion of a seed, so that only c_0 and the seed need travel.
struct SeededCiphertext {
  bgv::Ciphertext ciphertext;
  seal::Seed seed;
};

/// (-(a*s + t*e), a) at the level of `primes` primes. `secret` is over all primes of the chain.
bgv::Ciphertext encrypt_zero(const bgv::Chain& chain, const TernarySecret& secret,
                             std::size_t primes, base::Randomness& randomness);
/// The same with a expanded from a fresh seed.
SeededCiphertext encrypt_zero_seeded(const bgv::Chain& chain, const TernarySecret& secret,
                                     std::size_t primes, base::Randomness& randomness);

/// At the first data level. kBadInput when the message is not one of this chain.
base::Result<bgv::Ciphertext> encrypt_symmetric(const bgv::Chain& chain,
                                                const TernarySecret& secret,
                                                const bgv::Message& message,
                                                base::Randomness& randomness);
base::Result<SeededCiphertext> encrypt_seeded(const bgv::Chain& chain, const TernarySecret& secret,
                                              const bgv::Message& message,
                                              base::Randomness& randomness);
/// (p_0*u + t*e_0 + m, p_1*u + t*e_1), u ternary, directly at the data primes.
base::Result<bgv::Ciphertext> encrypt_public(const bgv::Chain& chain, const bgv::PublicKey& key,
                                             const bgv::Message& message,
                                             base::Randomness& randomness);

}  // namespace cryptonet::he::secret
