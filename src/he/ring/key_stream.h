// SPDX-License-Identifier: Apache-2.0
// A stream of pseudorandom bytes: AES-256 in counter mode from counter zero under a key used for
// this stream alone. One thread at a time. The key schedule is wiped with the object.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace cryptonet::he::ring {

class KeyStream {
 public:
  explicit KeyStream(std::span<const std::uint8_t, 32> key);
  ~KeyStream();
  KeyStream(KeyStream&&) noexcept;
  KeyStream& operator=(KeyStream&&) noexcept;
  /// The next out.size() bytes.
  void fill(std::span<std::uint8_t> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cryptonet::he::ring
