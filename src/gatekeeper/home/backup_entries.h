// SPDX-License-Identifier: Apache-2.0
// What stands in the clear stream of a backup: an entry for each file, and one that ends it.
//   file: u8 1 | block name | u64 size | bytes        end: u8 0 | u64 files | u64 seconds since
//   1970
// and then, outside of what it signs, block signature.
#pragma once

#include <string>

#include "base/bytes.h"

namespace cryptonet::gatekeeper::home {

inline constexpr std::uint8_t kFileEntry = 1;
inline constexpr std::uint8_t kEndEntry = 0;
inline constexpr std::size_t kLongestNameBytes = 512;
inline constexpr std::size_t kLongestSignatureBytes = 256;

inline base::Bytes file_entry(const std::string& name, std::uint64_t size) {
  base::ByteWriter writer;
  writer.u8(kFileEntry);
  writer.block(base::view_of(name));
  writer.u64(size);
  return std::move(writer).take();
}

inline base::Bytes end_entry(std::uint64_t files, std::int64_t made_at) {
  base::ByteWriter writer;
  writer.u8(kEndEntry);
  writer.u64(files);
  writer.u64(static_cast<std::uint64_t>(made_at));
  return std::move(writer).take();
}

/// What the gatekeeper's own key signs of a backup.
inline base::Bytes backup_statement(const base::Digest& digest) {
  base::ByteWriter writer;
  writer.raw(base::view_of("cryptonet gatekeeper backup v1"));
  writer.u8(0);
  writer.raw(digest);
  return std::move(writer).take();
}

}  // namespace cryptonet::gatekeeper::home
