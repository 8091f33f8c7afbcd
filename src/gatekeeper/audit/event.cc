// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/audit/event.h"

#include <algorithm>
#include <array>

namespace cryptonet::gatekeeper::audit {
namespace {
using base::ErrorCode;

constexpr std::array<std::string_view, kKinds> kWords = {
    "bootstrap",  "sign_in",        "sign_in_denied", "sign_out", "step_up",  "factor",
    "access_key", "user",           "project",        "question", "plan",     "opening",
    "release",    "refusal",        "freeze",         "unfreeze", "upload",   "publish",
    "drop",       "enrolment",      "seal",           "unseal",   "rotation", "backup",
    "audit_read", "administration", "rate_limited"};

/// Names may have 128 bytes where they are made; anything longer is cut, for a line has a limit.
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxListed = 32;

std::string_view cut(std::string_view text) { return text.substr(0, kMaxNameBytes); }

bool refuses(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kBadInput:
    case ErrorCode::kRefused:
    case ErrorCode::kNotSignedIn:
      return true;
    default:
      return false;
  }
}
}  // namespace

std::string_view kind_word(Kind kind) { return kWords.at(static_cast<std::size_t>(kind)); }

Event::Event(Kind kind) : kind_(kind) {
  record_.kind = kind_word(kind);
  record_.outcome = "done";
}

Event& Event::person(std::string_view user) {
  record_.person = cut(user);
  return *this;
}

Event& Event::machine(std::string_view enrolment, std::string_view address) {
  if (!enrolment.empty()) record_.machine = cut(enrolment);
  if (!address.empty()) record_.address = cut(address);
  return *this;
}

Event& Event::action(Word action) {
  record_.details["action"] = action.text();
  return *this;
}

Event& Event::error(const base::Error& error) {
  record_.outcome = refuses(error.code) ? "refused" : "failed";
  // A rule that another server sent may be anything.
  record_.rule = cryptonet::audit::is_word(error.rule) ? error.rule : "other";
  return *this;
}

Event& Event::named(Word name, std::string_view value) {
  record_.details[std::string(name.text())] = cut(value);
  return *this;
}

Event& Event::role(std::string_view word) {
  CHECK(cryptonet::audit::is_word(word));
  return named("role", word);
}

Event& Event::versions(const std::vector<std::uint64_t>& versions) {
  std::string text;
  for (std::size_t i = 0; i < std::min(versions.size(), kMaxListed); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(versions[i]);
  }
  if (versions.size() > kMaxListed) text += ",...";
  return named("versions", text);
}

Event& Event::upload(const std::array<std::uint8_t, 16>& id) {
  return named("upload", base::to_hex(id));
}

Event& Event::short_id(Word name, std::string_view id) {
  // Ids are short; a key is not, and must not get in by mistake.
  CHECK(id.size() <= 32);
  return named(name, id);
}

Event& Event::route(std::string_view method, std::string_view pattern) {
  return named("route", std::string(method) + " " + std::string(pattern));
}

Event& Event::functions(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxListed); ++i) {
    text += (i == 0 ? "" : ",") + names[i];
  }
  return named("functions", text);
}

Event& Event::count(Word name, std::uint64_t value) { return named(name, std::to_string(value)); }

Event& Event::word(Word name, Word value) { return named(name, value.text()); }

Event& Event::fingerprint(Word name, const Fingerprint& value) {
  return named(name, base::to_hex(value.bytes));
}

}  // namespace cryptonet::gatekeeper::audit
