// SPDX-License-Identifier: Apache-2.0
// Operations on ciphertexts of one chain: what a cloud may do, for it knows no secret. Every result
// equals Microsoft SEAL's, word by word. Operands must be of one data level; kBadInput otherwise
// (rule "bgv.level"), and for more than 16 polynomials ("bgv.size"). A result that would open
// without a key (x - x, x * 0) is refused as SEAL refuses it: kRefused, "bgv.transparent".
// Phase bounds are not kept here: NoiseBounds says beforehand whether a plan decrypts. Immutable;
// threads may share it.
#pragma once

#include "he/bgv/ciphertext.h"

namespace cryptonet::he::bgv {

class Evaluator {
 public:
  /// Borrows the chain.
  explicit Evaluator(const Chain& chain) : chain_(chain) {}
  const Chain& chain() const { return chain_; }

  base::Result<Ciphertext> negate(const Ciphertext& a) const;
  /// Unequal correction factors are balanced first, which multiplies both phases.
  base::Result<Ciphertext> add(const Ciphertext& a, const Ciphertext& b) const;
  base::Result<Ciphertext> subtract(const Ciphertext& a, const Ciphertext& b) const;
  /// a.polynomials() + b.polynomials() - 1 polynomials; correction factors multiply.
  base::Result<Ciphertext> multiply(const Ciphertext& a, const Ciphertext& b) const;

  base::Result<Ciphertext> add_plain(const Ciphertext& a, const Message& m) const;
  base::Result<Ciphertext> subtract_plain(const Ciphertext& a, const Message& m) const;
  base::Result<Ciphertext> multiply_plain(const Ciphertext& a, const Message& m) const;

  /// To the next level; kBadInput ("bgv.level") when there is none.
  base::Result<Ciphertext> switch_modulus(const Ciphertext& a) const;
  /// Down to two polynomials. kBadInput ("bgv.keys") when a power's key is missing.
  base::Result<Ciphertext> relinearise(const Ciphertext& a, const RelinearisationKeys& keys) const;
  /// m(X) to m(X^element) for two polynomials; element odd, below 2N.
  base::Result<Ciphertext> apply_galois(const Ciphertext& a, std::uint64_t element,
                                        const GaloisKeys& keys) const;

 private:
  base::Status check(const char* operation, const Ciphertext& a) const;
  base::Status check_pair(const char* operation, const Ciphertext& a, const Ciphertext& b) const;
  base::Status check_message(const char* operation, const Message& m) const;
  base::Result<Ciphertext> combine(const Ciphertext& a, const Ciphertext& b, bool subtract) const;
  base::Result<Ciphertext> add_lifted(const Ciphertext& a, const Message& m, bool subtract) const;
  /// Adds to c_0 and c_1 what `target`, a polynomial under another secret, is under s.
  void switch_key(Ciphertext& out, std::span<const std::uint64_t> target,
                  const std::vector<Ciphertext>& key) const;
  base::Status check_key(const char* operation, const KeySwitchingKeys& keys,
                         std::size_t index) const;

  const Chain& chain_;
};

/// The element of a rotation of the slots' rows by `steps` to the left (0 < |steps| < N/2), or of
/// the exchange of both rows for 0.
std::uint64_t galois_element(std::size_t ring_degree, int steps);

}  // namespace cryptonet::he::bgv
