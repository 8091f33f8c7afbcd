// SPDX-License-Identifier: Apache-2.0
#include "he/secret/ternary_secret.h"

#include "he/ring/sampling.h"

namespace cryptonet::he::secret {

TernarySecret TernarySecret::sample(const ring::Ring& ring, ring::KeyStream& stream) {
  base::SecretVector<std::int8_t> coefficients(ring.ring_degree());
  ring::sample_ternary(stream, coefficients.span());
  return TernarySecret(ring::transform_signed(ring, coefficients.span()));
}

}  // namespace cryptonet::he::secret
