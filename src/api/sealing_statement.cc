// SPDX-License-Identifier: Apache-2.0
#include "api/sealing_statement.h"

namespace cryptonet::api {

base::Bytes sealing_statement(std::uint32_t generation,
                              std::span<const std::uint8_t, 32> public_key) {
  base::ByteWriter writer;
  writer.raw(base::view_of("cryptonet sealing key v1"));
  writer.u8(0);
  writer.u32(generation);
  writer.raw(public_key);
  return std::move(writer).take();
}

}  // namespace cryptonet::api
