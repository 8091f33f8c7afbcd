// SPDX-License-Identifier: Apache-2.0
// The security table and the checks of a literal.
#include "he/bgv/parameters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "he/arith/prime.h"
#include "he/bgv/accountant.h"
#include "he/ntt/ntt_table.h"

namespace cryptonet::he::bgv {
namespace {

struct SecurityRow {
  std::uint64_t ring_degree;
  std::array<unsigned, 3> modulus_bits_max;  ///< at 128, 192 and 256 bits
};
// Bossuat et al., eprint 2024/463, uniform ternary secret, classical; row 2048 from the
// HomomorphicEncryption.org standard of 2018, less one bit.
constexpr std::array<SecurityRow, 5> kSecurityTable = {{{2048, {53, 37, 28}},
                                                        {4096, {106, 73, 56}},
                                                        {8192, {214, 147, 114}},
                                                        {16384, {430, 297, 230}},
                                                        {32768, {868, 597, 462}}}};
constexpr std::array<unsigned, 3> kSecurityClasses = {128, 192, 256};

base::Error refuse(const char* rule, const std::string& why) {
  return base::Error(base::ErrorCode::kBadInput, rule, "BGV parameters: " + why);
}

base::Status check_prime(const char* rule, std::uint64_t prime, std::uint64_t ring_degree) {
  const std::string name = std::to_string(prime);
  if (prime >= std::uint64_t{1} << 50) return refuse(rule, name + " is not below 2^50");
  if (prime % (2 * ring_degree) != 1) {
    return refuse(rule,
                  name + " is not 1 modulo twice the ring degree " + std::to_string(ring_degree));
  }
  if (!arith::is_prime(prime)) return refuse(rule, name + " is not a prime");
  return base::ok();
}

base::Status check_form(const BgvParametersLiteral& literal) {
  const std::uint64_t degree = literal.ring_degree;
  if (degree < 2 || degree > ntt::kRingDegreeMax || !std::has_single_bit(degree)) {
    return refuse("bgv.ring_degree", "the ring degree " + std::to_string(degree) +
                                         " is not a power of two from 2 to 32768");
  }
  const auto& primes = literal.ciphertext_moduli;
  if (primes.empty() || primes.size() > kCiphertextModuliMax) {
    return refuse("bgv.ciphertext_moduli", "there must be 1 to 18 ciphertext primes");
  }
  for (auto prime = primes.begin(); prime != primes.end(); ++prime) {
    CN_RETURN_IF_ERROR(check_prime("bgv.ciphertext_moduli", *prime, degree));
    if (std::find(primes.begin(), prime, *prime) != prime) {
      return refuse("bgv.ciphertext_moduli", std::to_string(*prime) + " stands twice");
    }
  }
  CN_RETURN_IF_ERROR(check_prime("bgv.plaintext_modulus", literal.plaintext_modulus, degree));
  if (std::find(primes.begin(), primes.end(), literal.plaintext_modulus) != primes.end()) {
    return refuse("bgv.plaintext_modulus", "the plaintext prime is also a ciphertext prime");
  }
  return base::ok();
}

/// 0 when not even the smallest class is met.
unsigned security_class(std::uint64_t ring_degree, unsigned modulus_bits) {
  unsigned met = 0;
  for (const SecurityRow& row : kSecurityTable) {
    if (row.ring_degree != ring_degree) continue;
    for (std::size_t i = 0; i < kSecurityClasses.size(); ++i) {
      if (modulus_bits <= row.modulus_bits_max[i]) met = kSecurityClasses[i];
    }
  }
  return met;
}

}  // namespace

base::Result<BgvParameters> BgvParameters::insecure_create(const BgvParametersLiteral& literal) {
  CN_RETURN_IF_ERROR(check_form(literal));
  return BgvParameters(literal);
}

base::Result<BgvParameters> BgvParameters::create(const BgvParametersLiteral& literal) {
  CN_ASSIGN(BgvParameters parameters, insecure_create(literal));
  if (parameters.security_bits() < kSecurityClasses.front()) {
    return refuse("bgv.security",
                  "a modulus of " + std::to_string(parameters.modulus_bits()) +
                      " bits at ring degree " + std::to_string(literal.ring_degree) +
                      " is below 128 bits of security; take fewer primes or a larger degree");
  }
  return parameters;
}

unsigned BgvParameters::modulus_bits() const {
  return bits_of(product_of(literal_.ciphertext_moduli));
}

unsigned BgvParameters::security_bits() const {
  return security_class(literal_.ring_degree, modulus_bits());
}

}  // namespace cryptonet::he::bgv
