// SPDX-License-Identifier: Apache-2.0
// Decryption of general BGV. Never give it what a stranger made, and never let its result travel
// back to one: a single crafted ciphertext gives the whole key (decryptor_test.cc recovers one).
// Masked columns are opened without it.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET_BGV
#error "he/secret is for holders of keys only: name cn_he_secret_bgv among the target's DEPS"
#endif

#include "he/secret/encryptor.h"

namespace cryptonet::he::secret {

class Decryptor {
 public:
  /// Borrows both. `secret` is over all primes of the chain.
  Decryptor(const bgv::Chain& chain, const TernarySecret& secret)
      : chain_(chain), secret_(secret) {}

  /// All N coefficients of the message. Right while |phase| < q/2, which NoiseBounds tells
  /// beforehand. kBadInput for a ciphertext of another chain.
  base::Result<bgv::Message> decrypt(const bgv::Ciphertext& ciphertext) const;

 private:
  friend struct insecure_PhaseInspector;  // tests: the noise that is in a phase
  /// Σ c_i s^i as coefficients, prime-major.
  base::SecretVector<std::uint64_t> phase(const bgv::Ciphertext& ciphertext) const;

  const bgv::Chain& chain_;
  const TernarySecret& secret_;
};

}  // namespace cryptonet::he::secret
