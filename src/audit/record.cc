// SPDX-License-Identifier: Apache-2.0
// A line is parsed and written again: what does not come out the same is not its one spelling.
#include "audit/record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/hash.h"

namespace cryptonet::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::string_view kHashKey = ",\"hash\":\"";
constexpr std::size_t kHashHex = 64;
/// ,"hash":"…"}
constexpr std::size_t kTailBytes = kHashKey.size() + kHashHex + 2;

Error malformed(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "audit.malformed", "this is no record: " + what);
}

Json optional_text(const std::optional<std::string>& text) {
  return text.has_value() ? Json(*text) : Json(nullptr);
}

/// The record without its hash and without the closing brace.
std::string hashed_text(const Record& record) {
  Json out = Json::object();
  out["seq"] = record.sequence;
  out["time"] = record.time;
  out["kind"] = record.kind;
  out["person"] = optional_text(record.person);
  out["machine"] = optional_text(record.machine);
  out["address"] = optional_text(record.address);
  out["outcome"] = record.outcome;
  out["rule"] = record.rule;
  out["details"] = Json::object();
  for (const auto& [name, value] : record.details) out["details"][name] = value;
  out["prev"] = base::to_hex(record.previous);
  std::string text = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  return text;
}

std::string text_at(const Json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::string> optional_at(const Json& value, const char* key) {
  const auto found = value.find(key);
  if (found == value.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// Reads leniently; the comparison of spellings is what refuses.
Record read_record(const Json& value) {
  Record record;
  if (const auto found = value.find("seq"); found != value.end() && found->is_number_unsigned()) {
    record.sequence = found->get<std::uint64_t>();
  }
  record.time = text_at(value, "time");
  record.kind = text_at(value, "kind");
  record.person = optional_at(value, "person");
  record.machine = optional_at(value, "machine");
  record.address = optional_at(value, "address");
  record.outcome = text_at(value, "outcome");
  record.rule = text_at(value, "rule");
  if (const auto details = value.find("details"); details != value.end() && details->is_object()) {
    for (const auto& [name, text] : details->items()) {
      record.details[name] = text.is_string() ? text.get<std::string>() : std::string();
    }
  }
  // Left at zero when it is no digest: then the spelling differs.
  if (!base::from_hex(text_at(value, "prev"), record.previous)) record.previous = {};
  return record;
}

bool fields_are_sound(const Record& record) {
  return record.sequence >= 1 && record.sequence <= kMaxSequence && is_time(record.time) &&
         is_word(record.kind) &&
         (record.outcome == "done" || record.outcome == "refused" || record.outcome == "failed") &&
         (record.rule.empty() || is_word(record.rule)) && record.details.size() <= kMaxDetails;
}
}  // namespace

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

bool is_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

HashedRecord write_record(Record record, std::string& line) {
  CHECK(fields_are_sound(record));
  line = hashed_text(record);
  const base::Digest hash = base::sha256(base::view_of(line));
  line += kHashKey;
  line += base::to_hex(hash);
  line += "\"}";
  CHECK(line.size() <= kMaxLineBytes);
  return {std::move(record), hash};
}

Result<HashedRecord> parse_record(std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return malformed("it is longer than " + std::to_string(kMaxLineBytes) + " bytes");
  }
  if (line.size() <= kTailBytes || !line.ends_with("\"}") ||
      line.substr(line.size() - kTailBytes, kHashKey.size()) != kHashKey) {
    return malformed("it does not end in a hash");
  }
  HashedRecord parsed;
  if (!base::from_hex(line.substr(line.size() - kHashHex - 2, kHashHex), parsed.hash)) {
    return malformed("its hash is not 64 lower-case hexadecimal digits");
  }
  const std::string_view hashed = line.substr(0, line.size() - kTailBytes);
  const Json value = Json::parse(line, nullptr, false);
  if (!value.is_object()) return malformed("it is not a JSON object");
  parsed.record = read_record(value);
  if (!fields_are_sound(parsed.record) || hashed_text(parsed.record) != hashed) {
    return malformed("its fields are not those of a record in their one spelling");
  }
  if (base::sha256(base::view_of(hashed)) != parsed.hash) {
    return Error(ErrorCode::kIntegrity, "audit.changed",
                 "the record was changed: it does not have the hash that it ends in");
  }
  return parsed;
}

}  // namespace cryptonet::audit
