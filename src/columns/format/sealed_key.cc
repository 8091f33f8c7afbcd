// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/sealed_key.md.
#include "columns/format/sealed_key.h"

#include "columns/format/file_header.h"

namespace cryptonet::columns::format {
namespace {
constexpr std::string_view kMagic = "CNSK";
constexpr std::string_view kWhat = "the sealed key";
}  // namespace

base::Bytes write_sealed_key(const SealedKey& sealed) {
  base::ByteWriter writer;
  write_file_header(writer, kMagic, 0);
  writer.u32(kSealingSuite);
  writer.u32(0);
  writer.raw(sealed.upload.bytes);
  writer.raw(sealed.ephemeral_key);
  writer.raw(sealed.nonce);
  writer.raw(sealed.ciphertext);
  return std::move(writer).take();
}

base::Result<SealedKey> parse_sealed_key(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  CN_ASSIGN(const std::uint8_t set_id, read_file_header(reader, kMagic, kWhat));
  const std::uint32_t suite = reader.u32();
  const std::uint32_t reserved = reader.u32();
  SealedKey sealed;
  reader.copy_to(sealed.upload.bytes);
  reader.copy_to(sealed.ephemeral_key);
  reader.copy_to(sealed.nonce);
  reader.copy_to(sealed.ciphertext);
  if (!reader.finished()) return damaged(kWhat, "it has a wrong length");
  if (set_id != 0 || reserved != 0) return damaged(kWhat, "a reserved byte is not zero");
  if (suite != 0 && suite < kSealingSuite) {
    return base::Error(base::ErrorCode::kBadInput, "sealed_key.old_suite",
                       "the sealed key uses suite " + std::to_string(suite) +
                           ", of an older program; this one reads suite " +
                           std::to_string(kSealingSuite) +
                           ", which has column secrets and hints in another form",
                       "drop the version, encrypt the table again and upload it");
  }
  if (suite != kSealingSuite) {
    return base::Error(
        base::ErrorCode::kBadInput, "sealed_key.suite",
        "the sealed key uses suite " + std::to_string(suite) + ", which this program does not know",
        "use a newer cryptonet");
  }
  return sealed;
}

}  // namespace cryptonet::columns::format
