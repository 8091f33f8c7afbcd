// SPDX-License-Identifier: Apache-2.0
#include "audit/head.h"

#include <sodium.h>

#include <nlohmann/json.hpp>

#include "audit/record.h"

namespace cryptonet::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::string_view kStart = "{\"format\":\"cryptonet.audit_head.v1\"";

/// What is signed: the head up to its key, without the closing brace.
std::string signed_text(const Head& head) {
  return std::string(kStart) + ",\"sequence\":" + std::to_string(head.sequence) + ",\"hash\":\"" +
         base::to_hex(head.hash) + "\",\"time\":\"" + head.time + "\",\"key\":\"" +
         base::to_hex(head.key) + '"';
}

Error bad_head(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "audit.head", "this is no signed head of a log: " + what);
}

std::string text_at(const Json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}
}  // namespace

HeadSigner::HeadSigner(const base::Secret<32>& seed) {
  base::start_sodium();
  CHECK(crypto_sign_seed_keypair(key_.data(), secret_.data(), seed.data()) == 0);
}

Head HeadSigner::sign(std::uint64_t sequence, const base::Digest& hash, std::string time) const {
  CHECK(is_time(time));
  Head head{sequence, hash, std::move(time), key_, {}};
  const std::string text = signed_text(head);
  const base::ByteView bytes = base::view_of(text);
  CHECK(crypto_sign_detached(head.signature.data(), nullptr, bytes.data(), bytes.size(),
                             secret_.data()) == 0);
  return head;
}

std::string write_head(const Head& head) {
  return signed_text(head) + ",\"signature\":\"" + base::to_hex(head.signature) + "\"}";
}

Result<Head> parse_head(std::string_view line) {
  if (line.size() > kMaxHeadBytes) return bad_head("it is too long");
  const Json value = Json::parse(line, nullptr, false);
  if (!value.is_object()) return bad_head("it is not a JSON object");
  Head head;
  const auto sequence = value.find("sequence");
  if (sequence == value.end() || !sequence->is_number_unsigned()) {
    return bad_head("it has no sequence");
  }
  head.sequence = sequence->get<std::uint64_t>();
  head.time = text_at(value, "time");
  const bool read = base::from_hex(text_at(value, "hash"), head.hash) &&
                    base::from_hex(text_at(value, "key"), head.key) &&
                    base::from_hex(text_at(value, "signature"), head.signature);
  if (!read || !is_time(head.time) || head.sequence > kMaxSequence || write_head(head) != line) {
    return bad_head("its fields are not those of a head in their one spelling");
  }
  base::start_sodium();
  const std::string text = signed_text(head);
  const base::ByteView bytes = base::view_of(text);
  if (crypto_sign_verify_detached(head.signature.data(), bytes.data(), bytes.size(),
                                  head.key.data()) != 0) {
    return bad_head("the signature is not that of the key it names");
  }
  return head;
}

bool looks_like_head(std::string_view line) { return line.starts_with(kStart); }

}  // namespace cryptonet::audit
