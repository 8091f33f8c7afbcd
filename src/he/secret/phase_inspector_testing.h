// SPDX-License-Identifier: Apache-2.0
// For tests only: how large a phase is. Whoever learns that of a stranger's ciphertext helps to
// find the key.
#pragma once

#include <algorithm>

#include "he/bgv/accountant.h"
#include "he/secret/decryptor.h"

namespace cryptonet::he::secret {

struct insecure_PhaseInspector {
  /// The largest absolute coefficient of the centred phase.
  static bgv::Integer largest(const Decryptor& decryptor, const bgv::Ciphertext& ciphertext) {
    const auto words = decryptor.phase(ciphertext);
    const auto& chain = decryptor.chain_;
    const std::size_t primes = ciphertext.primes();
    const bgv::Integer q = bgv::product_of(chain.parameters().ciphertext_moduli().first(primes));
    std::vector<bgv::Integer> basis;
    for (std::size_t j = 0; j < primes; ++j) {
      const arith::Modulus& modulus = chain.ring().modulus(j);
      const bgv::Integer others = q / modulus.value();
      basis.push_back(others * modulus.invert(static_cast<std::uint64_t>(
                                   bgv::Integer(others % modulus.value()))));
    }
    bgv::Integer most = 0;
    for (std::size_t i = 0; i < chain.ring_degree(); ++i) {
      bgv::Integer x = 0;
      for (std::size_t j = 0; j < primes; ++j) x += basis[j] * words[j * chain.ring_degree() + i];
      x %= q;
      most = std::max(most, bgv::Integer(std::min(x, bgv::Integer(q - x))));
    }
    return most;
  }
};

}  // namespace cryptonet::he::secret
