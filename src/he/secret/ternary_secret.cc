// SPDX-License-Identifier: Apache-2.0
#include "he/secret/ternary_secret.h"

#include <algorithm>

#include "he/ring/sampling.h"

namespace cryptonet::he::secret {

TernarySecret TernarySecret::sample(const ring::Ring& ring, ring::KeyStream& stream) {
  base::SecretVector<std::int8_t> coefficients(ring.ring_degree());
  ring::sample_ternary(stream, coefficients.span());
  return TernarySecret(ring::transform_signed(ring, coefficients.span()));
}

base::Result<TernarySecret> TernarySecret::from_words(const ring::Ring& ring,
                                                      std::span<const std::uint64_t> words) {
  const base::Error wrong(base::ErrorCode::kBadInput, "secret_key.form",
                          "the secret key is not one ternary polynomial modulo every prime",
                          "check that it was made with these parameters");
  if (words.size() != ring.words()) return wrong;
  const std::size_t degree = ring.ring_degree();
  base::SecretVector<std::uint64_t> residues(degree);
  base::SecretVector<std::uint64_t> ternary(degree);  // 0, 1, 2 stand for 0, 1, -1
  std::uint64_t wrong_bits = 0;                       // gathered without a branch
  for (std::size_t j = 0; j < ring.primes(); ++j) {
    const std::uint64_t q = ring.modulus(j).value();
    const auto residue = words.subspan(j * degree, degree);
    for (const std::uint64_t word : residue) wrong_bits |= static_cast<std::uint64_t>(word >= q);
    if (wrong_bits != 0) return wrong;
    std::copy(residue.begin(), residue.end(), residues.data());
    ring.table(j).inverse(residues.span());
    for (std::size_t i = 0; i < degree; ++i) {
      const auto is_one = static_cast<std::uint64_t>(residues[i] == 1);
      const auto is_minus_one = static_cast<std::uint64_t>(residues[i] == q - 1);
      const auto is_zero = static_cast<std::uint64_t>(residues[i] == 0);
      const std::uint64_t value = is_one + 2 * is_minus_one;
      wrong_bits |= 1 ^ (is_one | is_minus_one | is_zero);
      wrong_bits |=
          static_cast<std::uint64_t>(j != 0) & static_cast<std::uint64_t>(ternary[i] != value);
      ternary[i] = value;
    }
  }
  if (wrong_bits != 0) return wrong;
  ring::NttPoly poly(ring);
  std::copy(words.begin(), words.end(), poly.words().begin());
  return TernarySecret(std::move(poly));
}

}  // namespace cryptonet::he::secret
