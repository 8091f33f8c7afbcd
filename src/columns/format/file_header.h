// SPDX-License-Identifier: Apache-2.0
// The eight bytes that open every format of masked columns: four letters, a version (1, of hints
// 2), the number of the parameter set (0 where the format has none), two zero bytes.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "columns/format/parameter_set.h"

namespace cryptonet::columns::format {

inline constexpr std::size_t kFileHeaderBytes = 8;
inline constexpr std::uint8_t kFormatVersion = 1;

void write_file_header(base::ByteWriter& writer, std::string_view magic, std::uint8_t set_id,
                       std::uint8_t version = kFormatVersion);
/// The set's number. kIntegrity for a wrong magic or non-zero rest, kBadInput for another version.
base::Result<std::uint8_t> read_file_header(base::ByteReader& reader, std::string_view magic,
                                            std::string_view what,
                                            std::uint8_t version = kFormatVersion);
/// kIntegrity: "<what> is damaged: <why>".
base::Error damaged(std::string_view what, std::string_view why);

}  // namespace cryptonet::columns::format
