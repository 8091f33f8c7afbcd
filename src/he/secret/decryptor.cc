// SPDX-License-Identifier: Apache-2.0
// The lift of a phase goes by its mixed-radix digits: x = v_0 + v_1*q_0 + v_2*q_0*q_1 + …, and x
// stands for x - q when its digits, read from the highest, are above those of (q-1)/2. Without a
// branch on the phase.
#include "he/secret/decryptor.h"

#include <algorithm>

#include "he/bgv/accountant.h"

namespace cryptonet::he::secret {
namespace {

/// Constants of the lift at one level.
class CentredLift {
 public:
  CentredLift(const bgv::Chain& chain, std::size_t primes) : chain_(chain), primes_(primes) {
    const arith::Modulus& t = chain.plaintext_modulus();
    const auto moduli = chain.parameters().ciphertext_moduli().first(primes);
    bgv::Integer half = (bgv::product_of(moduli) - 1) / 2;
    std::uint64_t weight = 1;
    for (std::size_t j = 0; j < primes; ++j) {
      half_digits_.push_back(static_cast<std::uint64_t>(bgv::Integer(half % moduli[j])));
      half /= moduli[j];
      weights_.push_back(weight);
      weight = t.multiply(weight, t.reduce(moduli[j]));
      for (std::size_t i = 0; i < j; ++i) {
        const arith::Modulus& q = chain.ring().modulus(j);
        inverses_.push_back(q.shoup(q.invert(q.reduce(moduli[i]))));
      }
    }
    modulus_mod_t_ = weight;
  }

  /// The centred value mod t of the number with these residues, which are overwritten.
  std::uint64_t lift(std::span<std::uint64_t> residues) const {
    const arith::Modulus& t = chain_.plaintext_modulus();
    auto inverse = inverses_.begin();
    for (std::size_t j = 0; j < primes_; ++j) {
      const arith::Modulus& q = chain_.ring().modulus(j);
      for (std::size_t i = 0; i < j; ++i, ++inverse) {
        residues[j] = q.multiply(*inverse, q.subtract(residues[j], q.reduce(residues[i])));
      }
    }
    std::uint64_t value = 0;
    std::uint64_t above = 0;  // all ones when the digits so far are above half's
    for (std::size_t j = 0; j < primes_; ++j) {
      value = t.add(value, t.multiply(weights_[j], t.reduce(residues[j])));
      const std::uint64_t greater = 0 - ((half_digits_[j] - residues[j]) >> 63);
      const std::uint64_t less = 0 - ((residues[j] - half_digits_[j]) >> 63);
      above = greater | (above & ~less);  // higher digits decide
    }
    return t.subtract(value, modulus_mod_t_ & above);
  }

 private:
  const bgv::Chain& chain_;
  std::size_t primes_;
  std::vector<std::uint64_t> half_digits_;
  std::vector<std::uint64_t> weights_;  ///< q_0 … q_{j-1} mod t
  std::vector<arith::ShoupFactor> inverses_;
  std::uint64_t modulus_mod_t_ = 0;
};

}  // namespace

base::SecretVector<std::uint64_t> Decryptor::phase(const bgv::Ciphertext& ciphertext) const {
  const std::size_t degree = chain_.ring_degree();
  base::SecretVector<std::uint64_t> words(ciphertext.primes() * degree);
  for (std::size_t j = 0; j < ciphertext.primes(); ++j) {
    const arith::Modulus& q = chain_.ring().modulus(j);
    const auto s = secret_.poly().residue(j);
    const auto sum = words.span().subspan(j * degree, degree);
    for (std::size_t k = ciphertext.polynomials(); k-- > 0;) {
      const auto c = ciphertext.residue(k, j);
      for (std::size_t i = 0; i < degree; ++i) sum[i] = q.add(q.multiply(sum[i], s[i]), c[i]);
    }
    chain_.ring().table(j).inverse(sum);
  }
  return words;
}

base::Result<bgv::Message> Decryptor::decrypt(const bgv::Ciphertext& ciphertext) const {
  const auto primes = chain_.primes_of(ciphertext.level());
  if (!primes || *primes != ciphertext.primes()) {
    return base::Error(base::ErrorCode::kBadInput, "bgv.level",
                       "decrypt: the ciphertext is of another chain",
                       "take the parameters that it was made with");
  }
  const auto words = phase(ciphertext);
  const CentredLift lift(chain_, *primes);
  const arith::Modulus& t = chain_.plaintext_modulus();
  const auto correction = t.shoup(t.invert(ciphertext.correction_factor()));
  bgv::Message message{std::vector<std::uint64_t>(chain_.ring_degree())};
  base::SecretVector<std::uint64_t> residues(*primes);
  for (std::size_t i = 0; i < message.coefficients.size(); ++i) {
    for (std::size_t j = 0; j < *primes; ++j) {
      residues[j] = words[j * chain_.ring_degree() + i];
    }
    message.coefficients[i] = t.multiply(correction, lift.lift(residues.span()));
  }
  return message;
}

}  // namespace cryptonet::he::secret
