// SPDX-License-Identifier: Apache-2.0
// What the authority signs of a generation of the key to which contributors seal, so that nobody
// without the authority's key can hand a contributor another: the label "cryptonet sealing key v1",
// a zero byte, the generation (u32), the public key (32).
#pragma once

#include <span>

#include "base/bytes.h"

namespace cryptonet::api {

base::Bytes sealing_statement(std::uint32_t generation,
                              std::span<const std::uint8_t, 32> public_key);

}  // namespace cryptonet::api
