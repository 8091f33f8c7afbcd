// SPDX-License-Identifier: Apache-2.0
#include "he/seal/object_writer.h"

#include <zlib.h>
#include <zstd.h>

namespace cryptonet::he::seal {
namespace {

base::Bytes compress(base::ByteView members, Compression compression) {
  base::Bytes body;
  if (compression == Compression::kZlib) {
    uLongf size = compressBound(static_cast<uLong>(members.size()));
    body.resize(size);
    CHECK(compress2(body.data(), &size, members.data(), static_cast<uLong>(members.size()),
                    Z_DEFAULT_COMPRESSION) == Z_OK);
    body.resize(size);
  } else {
    body.resize(ZSTD_compressBound(members.size()));
    const std::size_t size = ZSTD_compress(body.data(), body.size(), members.data(), members.size(),
                                           ZSTD_CLEVEL_DEFAULT);
    CHECK(ZSTD_isError(size) == 0);
    body.resize(size);
  }
  return body;
}

}  // namespace

void write_header(base::ByteWriter& out, std::uint64_t body_bytes, Compression compression) {
  out.u16(0xA15E);
  out.u8(kHeaderBytes);
  out.u8(4);
  out.u8(1);
  out.u8(static_cast<std::uint8_t>(compression));
  out.u16(0);
  out.u64(kHeaderBytes + body_bytes);
}

void write_array(base::ByteWriter& out, std::span<const std::uint64_t> words) {
  write_header(out, 8 + 8 * words.size());
  out.u64(words.size());
  for (const std::uint64_t word : words) out.u64(word);
}

base::Bytes write_object(base::ByteView members, Compression compression) {
  base::ByteWriter out;
  if (compression == Compression::kNone) {
    write_header(out, members.size());
    out.raw(members);
  } else {
    const base::Bytes body = compress(members, compression);
    write_header(out, body.size(), compression);
    out.raw(body);
  }
  return std::move(out).take();
}

}  // namespace cryptonet::he::seal
