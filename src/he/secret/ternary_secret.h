// SPDX-License-Identifier: Apache-2.0
// A secret key of the ring: uniform ternary coefficients, kept in transformed form. Whoever may not
// hold keys does not link this library, and without it this file does not compile.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET
#error "he/secret is for holders of keys only: name cn_he_secret among the target's DEPS"
#endif

#include "he/ring/key_stream.h"
#include "he/ring/ring.h"

namespace cryptonet::he::secret {

class TernarySecret {
 public:
  /// Draws the N coefficients from the stream. The same stream gives the same secret.
  static TernarySecret sample(const ring::Ring& ring, ring::KeyStream& stream);
  /// From words in transformed form, prime-major. kBadInput unless they are the same ternary
  /// polynomial modulo every prime; does not tell where they differ.
  static base::Result<TernarySecret> from_words(const ring::Ring& ring,
                                                std::span<const std::uint64_t> words);
  const ring::NttPoly& poly() const { return poly_; }

 private:
  explicit TernarySecret(ring::NttPoly poly) : poly_(std::move(poly)) {}
  ring::NttPoly poly_;
};

}  // namespace cryptonet::he::secret
