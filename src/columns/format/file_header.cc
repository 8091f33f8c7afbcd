// SPDX-License-Identifier: Apache-2.0
#include "columns/format/file_header.h"

namespace cryptonet::columns::format {

void write_file_header(base::ByteWriter& writer, std::string_view magic, std::uint8_t set_id,
                       std::uint8_t version) {
  CHECK(magic.size() == 4);
  writer.raw(base::view_of(magic));
  writer.u8(version);
  writer.u8(set_id);
  writer.u16(0);
}

base::Result<std::uint8_t> read_file_header(base::ByteReader& reader, std::string_view magic,
                                            std::string_view what, std::uint8_t version) {
  const base::ByteView letters = reader.raw(4);
  const std::uint8_t found = reader.u8();
  const std::uint8_t set_id = reader.u8();
  const std::uint16_t reserved = reader.u16();
  if (!reader.ok()) return damaged(what, "it ends too early");
  if (base::text_of(letters) != magic) return damaged(what, "it does not begin with its letters");
  if (found != version) {
    const bool old = found != 0 && found < version;
    return base::Error(base::ErrorCode::kBadInput, old ? "format.old_version" : "format.version",
                       std::string(what) + " has format version " + std::to_string(found) +
                           (old ? ", of an older program" : "") + "; this program reads version " +
                           std::to_string(version),
                       old ? "encrypt the table again and upload it" : "use a newer cryptonet");
  }
  if (reserved != 0) return damaged(what, "a reserved byte is not zero");
  return set_id;
}

base::Error damaged(std::string_view what, std::string_view why) {
  return base::Error(base::ErrorCode::kIntegrity, "format.damaged",
                     std::string(what) + " is damaged: " + std::string(why));
}

}  // namespace cryptonet::columns::format
