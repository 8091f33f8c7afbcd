// SPDX-License-Identifier: Apache-2.0
// Powers of the root in bit-reversed order; the butterflies themselves are kernels.
#include "he/ntt/ntt_table.h"

#include <bit>
#include <string>

#include "he/arith/dispatch.h"
#include "he/arith/prime.h"

namespace cryptonet::he::ntt {

std::uint64_t reverse_bits(std::uint64_t value, unsigned bits) {
  std::uint64_t reversed = 0;
  for (unsigned i = 0; i < bits; ++i) reversed |= (value >> i & 1) << (bits - 1 - i);
  return reversed;
}

base::Result<NttTable> NttTable::create(std::size_t ring_degree, std::uint64_t q) {
  const auto refuse = [&](const char* rule, const std::string& why) {
    return base::Error(base::ErrorCode::kBadInput, rule,
                       "transform of degree " + std::to_string(ring_degree) + " modulo " +
                           std::to_string(q) + ": " + why);
  };
  if (ring_degree < 2 || ring_degree > kRingDegreeMax || !std::has_single_bit(ring_degree)) {
    return refuse("ntt.degree", "the degree must be a power of two from 2 to 32768");
  }
  if (q >= std::uint64_t{1} << 50 || !arith::is_prime(q)) {
    return refuse("ntt.modulus", "the modulus must be a prime below 2^50");
  }
  const arith::Modulus modulus(q);
  const auto root = arith::smallest_primitive_root(modulus, ring_degree);
  if (!root) return refuse("ntt.modulus", "the modulus must be 1 modulo twice the degree");
  return NttTable(ring_degree, modulus, *root);
}

NttTable::NttTable(std::size_t ring_degree, const arith::Modulus& modulus, std::uint64_t root)
    : ring_degree_(ring_degree),
      modulus_(modulus),
      root_(root),
      roots_(ring_degree),
      root_quotients_(ring_degree),
      root_quotients52_(ring_degree),
      inverse_roots_(ring_degree),
      inverse_root_quotients_(ring_degree),
      inverse_root_quotients52_(ring_degree),
      centred_roots_(ring_degree),
      root_ratios_(ring_degree),
      inverse_centred_roots_(ring_degree),
      inverse_root_ratios_(ring_degree),
      degree_inverse_(modulus.shoup(modulus.invert(ring_degree))) {
  const auto bits = static_cast<unsigned>(std::countr_zero(ring_degree));
  const std::uint64_t inverse_root = modulus.invert(root);
  std::uint64_t power = 1;
  std::uint64_t inverse_power = 1;
  for (std::size_t i = 0; i < ring_degree; ++i) {
    const std::size_t place = reverse_bits(i, bits);
    const arith::ShoupFactor factor = modulus.shoup(power);
    const arith::ShoupFactor inverse_factor = modulus.shoup(inverse_power);
    roots_[place] = factor.value;
    root_quotients_[place] = factor.quotient;
    root_quotients52_[place] = factor.quotient >> 12;
    inverse_roots_[place] = inverse_factor.value;
    inverse_root_quotients_[place] = inverse_factor.quotient;
    inverse_root_quotients52_[place] = inverse_factor.quotient >> 12;
    centred_roots_[place] = static_cast<double>(modulus.centre(power));
    inverse_centred_roots_[place] = static_cast<double>(modulus.centre(inverse_power));
    root_ratios_[place] = centred_roots_[place] / static_cast<double>(modulus.value());
    inverse_root_ratios_[place] =
        inverse_centred_roots_[place] / static_cast<double>(modulus.value());
    power = modulus.multiply(power, root);
    inverse_power = modulus.multiply(inverse_power, inverse_root);
  }
}

arith::NttPlan NttTable::plan() const {
  return {.degree = ring_degree_,
          .modulus = modulus_.value(),
          .roots = roots_.data(),
          .root_quotients = root_quotients_.data(),
          .root_quotients52 = root_quotients52_.data(),
          .inverse_roots = inverse_roots_.data(),
          .inverse_root_quotients = inverse_root_quotients_.data(),
          .inverse_root_quotients52 = inverse_root_quotients52_.data(),
          .centred_roots = centred_roots_.data(),
          .root_ratios = root_ratios_.data(),
          .inverse_centred_roots = inverse_centred_roots_.data(),
          .inverse_root_ratios = inverse_root_ratios_.data(),
          .degree_inverse = degree_inverse_.value,
          .degree_inverse_quotient = degree_inverse_.quotient};
}

void NttTable::forward(std::span<std::uint64_t> words) const {
  CHECK(words.size() == ring_degree_);
  arith::kernels().ntt_forward(words.data(), plan());
}

void NttTable::inverse(std::span<std::uint64_t> words) const {
  CHECK(words.size() == ring_degree_);
  arith::kernels().ntt_inverse(words.data(), plan());
}

}  // namespace cryptonet::he::ntt
