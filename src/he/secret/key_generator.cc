// SPDX-License-Identifier: Apache-2.0
#include "he/secret/key_generator.h"

#include <algorithm>
#include <bit>

namespace cryptonet::he::secret {
namespace {

base::Error refuse(const char* why, const char* mend) {
  return {base::ErrorCode::kBadInput, "bgv.keys", std::string("make switching keys: ") + why, mend};
}

base::Status check_special_prime(const bgv::Chain& chain) {
  if (!chain.has_special_prime()) {
    return refuse("the chain has no special prime", "take parameters with one more prime");
  }
  return base::ok();
}

/// One zero-encryption per data prime; digit j holds P * target modulo prime j.
std::vector<bgv::Ciphertext> make_key(const bgv::Chain& chain, const TernarySecret& secret,
                                      const ring::NttPoly& target, base::Randomness& randomness) {
  const std::size_t special = chain.key_primes() - 1;
  std::vector<bgv::Ciphertext> digits;
  for (std::size_t j = 0; j < chain.data_primes(); ++j) {
    auto digit = encrypt_zero(chain, secret, chain.key_primes(), randomness);
    const arith::Modulus& q = chain.ring().modulus(j);
    const auto p = q.shoup(q.reduce(chain.ring().modulus(special).value()));
    const auto c0 = digit.residue(0, j);
    const auto words = target.residue(j);
    for (std::size_t i = 0; i < c0.size(); ++i) c0[i] = q.add(c0[i], q.multiply(p, words[i]));
    digits.push_back(std::move(digit));
  }
  return digits;
}

}  // namespace

TernarySecret generate_secret(const bgv::Chain& chain, base::Randomness& randomness) {
  base::Secret<32> key;
  randomness.fill(key.span());
  ring::KeyStream stream(key.span());
  return TernarySecret::sample(chain.ring(), stream);
}

bgv::PublicKey generate_public_key(const bgv::Chain& chain, const TernarySecret& secret,
                                   base::Randomness& randomness) {
  return {encrypt_zero(chain, secret, chain.key_primes(), randomness)};
}

base::Result<bgv::RelinearisationKeys> generate_relinearisation_keys(const bgv::Chain& chain,
                                                                     const TernarySecret& secret,
                                                                     std::size_t power_max,
                                                                     base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_special_prime(chain));
  if (power_max < 2 || power_max >= bgv::kPolynomialsMax) {
    return refuse("the highest power is not from 2 to 15", "name one that products reach");
  }
  bgv::RelinearisationKeys made;
  ring::NttPoly power(chain.ring());
  std::copy(secret.poly().words().begin(), secret.poly().words().end(), power.words().begin());
  for (std::size_t exponent = 2; exponent <= power_max; ++exponent) {
    for (std::size_t j = 0; j < chain.key_primes(); ++j) {
      const arith::Modulus& q = chain.ring().modulus(j);
      const auto words = power.residue(j);
      const auto s = secret.poly().residue(j);
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = q.multiply(words[i], s[i]);
    }
    made.keys.push_back(make_key(chain, secret, power, randomness));
  }
  return made;
}

base::Result<bgv::GaloisKeys> generate_galois_keys(const bgv::Chain& chain,
                                                   const TernarySecret& secret,
                                                   std::span<const std::uint64_t> elements,
                                                   base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_special_prime(chain));
  const std::size_t degree = chain.ring_degree();
  const auto bits = static_cast<unsigned>(std::countr_zero(degree));
  bgv::GaloisKeys made;
  made.keys.resize(degree);
  ring::NttPoly image(chain.ring());
  for (const std::uint64_t element : elements) {
    if (element % 2 == 0 || element >= 2 * degree) {
      return refuse("a Galois element is odd and below twice the ring degree",
                    "take galois_element()");
    }
    for (std::size_t i = 0; i < degree; ++i) {
      const std::uint64_t exponent = element * (2 * ntt::reverse_bits(i, bits) + 1);
      const std::size_t place = ntt::reverse_bits(exponent % (2 * degree) >> 1, bits);
      for (std::size_t j = 0; j < chain.key_primes(); ++j) {
        image.residue(j)[i] = secret.poly().residue(j)[place];
      }
    }
    made.keys[(element - 1) / 2] = make_key(chain, secret, image, randomness);
  }
  return made;
}

}  // namespace cryptonet::he::secret
