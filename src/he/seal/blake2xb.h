// SPDX-License-Identifier: Apache-2.0
// BLAKE2Xb (Aumasson, Neves, Wilcox-O'Hearn, Winnerlein 2016): BLAKE2b with an output of any
// length. libsodium has BLAKE2b but not the tree parameters that the X form needs.
#pragma once

#include "base/bytes.h"

namespace cryptonet::he::seal {

/// out.size() from 1 to 2^32 - 2; key.size() at most 64.
void blake2xb(base::ByteView key, base::ByteView message, std::span<std::uint8_t> out);

}  // namespace cryptonet::he::seal
