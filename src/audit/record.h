// SPDX-License-Identifier: Apache-2.0
// One record of the audit log as a line of text: canonical JSON that ends in its own SHA-256 and
// holds the hash of the record before it. docs/formats/audit.md has the fields. There is one
// spelling for every record, so that a line that reads the same is the same. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cryptonet::audit {

/// Of a line, without its end. What goes into a record is far below it.
inline constexpr std::size_t kMaxLineBytes = 16 * 1024;
inline constexpr std::size_t kMaxDetails = 64;
/// Numbers in JSON are exact up to here.
inline constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 53) - 1;

struct Record {
  std::uint64_t sequence = 0;  ///< from 1, without a gap
  std::string time;            ///< "2026-11-23T00:51:13.123Z"
  std::string kind;
  std::optional<std::string> person;
  std::optional<std::string> machine;
  std::optional<std::string> address;  ///< of the peer
  std::string outcome;                 ///< done, refused, failed
  std::string rule;                    ///< what was broken; empty when nothing was
  std::map<std::string, std::string> details;
  base::Digest previous{};  ///< hash of the record before; zeros before the first
};

/// A whole record and the hash that it ends in.
struct HashedRecord {
  Record record;
  base::Digest hash{};
};

/// The line, without its end. Bytes that are no UTF-8 become U+FFFD.
HashedRecord write_record(Record record, std::string& line);
/// kIntegrity: `audit.malformed` when the text is no record in its one spelling, `audit.changed`
/// when it is one but not the one that was hashed.
base::Result<HashedRecord> parse_record(std::string_view line);

/// A small word: a-z, 0-9, '_' and '.', 1 to 64 of them.
bool is_word(std::string_view text);
bool is_time(std::string_view text);

}  // namespace cryptonet::audit
