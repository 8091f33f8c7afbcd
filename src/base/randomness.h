// SPDX-License-Identifier: Apache-2.0
// Randomness is passed in, so that a test can replay or clone it. OsRandomness is the operating
// system's generator.
#pragma once

#include <cstdint>
#include <span>

namespace cryptonet::base {

/// A source of uniformly random bytes. Implementations are safe to call from several threads.
class Randomness {
 public:
  virtual ~Randomness() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

/// The operating system's generator.
class OsRandomness final : public Randomness {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace cryptonet::base
