// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/ciphertext.h"

#include <algorithm>

namespace cryptonet::he::bgv {

Message Message::trimmed() const {
  Message shorter = *this;
  while (shorter.coefficients.size() > 1 && shorter.coefficients.back() == 0) {
    shorter.coefficients.pop_back();
  }
  return shorter;
}

bool Ciphertext::is_transparent() const {
  const auto others = words().subspan(primes_ * ring_degree_);
  return std::all_of(others.begin(), others.end(), [](std::uint64_t word) { return word == 0; });
}

}  // namespace cryptonet::he::bgv
