// SPDX-License-Identifier: Apache-2.0
// Slots and messages. A message is a polynomial of Z_t[X]/(X^N + 1) given by its coefficients in
// [0, t); its values at the odd powers of the root are the slots, so sums and products of messages
// are sums and products of slots. The order of the slots is Microsoft SEAL's. Immutable after
// creation, so free to share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "he/bgv/parameters.h"
#include "he/ntt/ntt_table.h"

namespace cryptonet::he::bgv {

class Encoder {
 public:
  explicit Encoder(const BgvParameters& parameters);

  std::size_t slots() const { return table_.ring_degree(); }
  const arith::Modulus& plaintext_modulus() const { return table_.modulus(); }
  /// slots.size() <= N residues in [0, t), the missing ones 0; message.size() == N.
  void encode(std::span<const std::uint64_t> slots, std::span<std::uint64_t> message) const;
  /// The second half of encode, in place: slots that stand at their places already.
  void interpolate(std::span<std::uint64_t> message) const { table_.inverse(message); }
  /// The reverse, in place of `message`'s content; both have N words.
  void decode(std::span<std::uint64_t> message, std::span<std::uint64_t> slots) const;
  /// slot_places()[i] = where slot i stands among the transform's outputs.
  std::span<const std::uint32_t> slot_places() const { return places_; }

 private:
  ntt::NttTable table_;
  std::vector<std::uint32_t> places_;
};

}  // namespace cryptonet::he::bgv
