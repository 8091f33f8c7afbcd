// SPDX-License-Identifier: Apache-2.0
// getrandom(2) through libsodium.
#include "base/randomness.h"

#include <sodium.h>

#include "base/secret_memory.h"

namespace cryptonet::base {

void OsRandomness::fill(std::span<std::uint8_t> out) {
  start_sodium();
  randombytes_buf(out.data(), out.size());
}

}  // namespace cryptonet::base
