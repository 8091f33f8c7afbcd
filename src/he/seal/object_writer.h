// SPDX-License-Identifier: Apache-2.0
// Frames the members of a SEAL object: the header of version 4.1, and the body as it stands or
// compressed.
#pragma once

#include "base/bytes.h"
#include "he/seal/object_reader.h"

namespace cryptonet::he::seal {

/// A header for a body of `body_bytes` bytes.
void write_header(base::ByteWriter& out, std::uint64_t body_bytes,
                  Compression compression = Compression::kNone);
/// A nested array: header, count, words.
void write_array(base::ByteWriter& out, std::span<const std::uint64_t> words);
/// Header and members.
base::Bytes write_object(base::ByteView members, Compression compression);

}  // namespace cryptonet::he::seal
