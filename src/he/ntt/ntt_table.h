// SPDX-License-Identifier: Apache-2.0
// The negacyclic number-theoretic transform of Z_q[X]/(X^N + 1), q prime and = 1 mod 2N, N a power
// of two. psi is the numerically smallest primitive 2N-th root of unity; natural order in, and
// output[k] = a(psi^(2*brv(k)+1)) with brv the reversal of log2(N) bits. The same order and root as
// Microsoft SEAL. Immutable after creation, so free to share between threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"

namespace cryptonet::he::ntt {

inline constexpr std::size_t kRingDegreeMax = 32768;

/// The reversal of the lowest `bits` bits of `value`.
std::uint64_t reverse_bits(std::uint64_t value, unsigned bits);

class NttTable {
 public:
  /// kBadInput unless ring_degree is a power of two from 2 to kRingDegreeMax and q a prime below
  /// 2^50 with q = 1 mod 2 * ring_degree.
  static base::Result<NttTable> create(std::size_t ring_degree, std::uint64_t q);

  std::size_t ring_degree() const { return ring_degree_; }
  const arith::Modulus& modulus() const { return modulus_; }
  /// psi.
  std::uint64_t root() const { return root_; }

  /// In place, [0, q) to [0, q); words.size() == ring_degree().
  void forward(std::span<std::uint64_t> words) const;
  void inverse(std::span<std::uint64_t> words) const;

  /// For kernels: borrows this table.
  arith::NttPlan plan() const;

 private:
  NttTable(std::size_t ring_degree, const arith::Modulus& modulus, std::uint64_t root);

  std::size_t ring_degree_;
  arith::Modulus modulus_;
  std::uint64_t root_;
  std::vector<std::uint64_t> roots_;
  std::vector<std::uint64_t> root_quotients_;
  std::vector<std::uint64_t> root_quotients52_;
  std::vector<std::uint64_t> inverse_roots_;
  std::vector<std::uint64_t> inverse_root_quotients_;
  std::vector<std::uint64_t> inverse_root_quotients52_;
  std::vector<double> centred_roots_;
  std::vector<double> root_ratios_;
  std::vector<double> inverse_centred_roots_;
  std::vector<double> inverse_root_ratios_;
  arith::ShoupFactor degree_inverse_;
};

}  // namespace cryptonet::he::ntt
