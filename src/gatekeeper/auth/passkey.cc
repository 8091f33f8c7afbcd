// SPDX-License-Identifier: Apache-2.0
// The ceremonies. An attempt has one open challenge of each kind: a new one replaces the old.
#include "gatekeeper/auth/passkey.h"

#include <algorithm>
#include <charconv>

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Bytes;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::size_t kUserHandleBytes = 32;
constexpr std::size_t kAttemptBytes = 16;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::string_view kScheme = "https://";

Error refused(const char* rule, const char* what) { return Error(ErrorCode::kRefused, rule, what); }

Bytes random_bytes(base::Randomness& randomness, std::size_t size) {
  Bytes bytes(size);
  randomness.fill(bytes);
  return bytes;
}

Status check_name(const std::string& name) {
  const bool visible = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (visible && !name.empty() && name.size() <= kMaxPasskeyNameBytes) return base::ok();
  return Error(ErrorCode::kBadInput, "passkey.name",
               "a passkey's name has 1 to 64 bytes and no control characters");
}

/// Labels of lower-case letters, digits and inner dashes, the last of which is no number.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  std::string_view label;
  for (std::string_view rest = host;;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return label.find_first_not_of("0123456789") != std::string_view::npos;
}

/// A port as browsers write it: decimal, no leading zero, not the one that goes without saying.
bool is_written_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end && port != 0 && port != 443 &&
         std::to_string(port) == text;
}

}  // namespace

Result<PasskeySite> passkey_site(const std::string& origin) {
  const auto wrong = [] {
    return Error(ErrorCode::kUsage, "origin",
                 "an origin is https://NAME or https://NAME:PORT as a browser shows it: a name in "
                 "lower case, no address, no port 443, no slash at the end",
                 "for example https://gatekeeper.example.org or https://localhost:4443");
  };
  std::string_view rest = origin;
  if (!rest.starts_with(kScheme)) return wrong();
  rest.remove_prefix(kScheme.size());
  const std::size_t colon = rest.find(':');
  const std::string_view host = rest.substr(0, colon);
  if (!is_host_name(host)) return wrong();
  if (colon != std::string_view::npos && !is_written_port(rest.substr(colon + 1))) return wrong();
  return PasskeySite{std::string(host), origin};
}

Error passkey_refusal() { return refused("passkey.refused", "the passkey was not accepted"); }

Passkeys::Passkeys(state::Passkeys& rows, base::Randomness& randomness, PasskeySite site,
                   SteadyClock clock)
    : rows_(rows), randomness_(randomness), site_(std::move(site)), clock_(std::move(clock)) {}

Bytes Passkeys::open(Open made) {
  const auto now = clock_();
  made.challenge = random_bytes(randomness_, kPasskeyChallengeBytes);
  made.ends = now + kPasskeyChallengeLife;
  const std::lock_guard lock(mutex_);
  open_.remove_if([&](const Open& old) {
    return old.ends <= now || (old.purpose == made.purpose && old.attempt == made.attempt);
  });
  const auto is_persons = [&](const Open& old) { return old.person == made.person; };
  if (std::count_if(open_.begin(), open_.end(), is_persons) >=
      static_cast<std::ptrdiff_t>(kMostPasskeyChallengesOfPerson)) {
    open_.erase(std::find_if(open_.begin(), open_.end(), is_persons));
  }
  if (open_.size() >= kMostPasskeyChallenges) open_.pop_front();
  return open_.emplace_back(std::move(made)).challenge;
}

Result<Passkeys::Open> Passkeys::take(Purpose purpose, const std::string& attempt) {
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& one) {
    return one.purpose == purpose && one.attempt == attempt;
  });
  if (found == open_.end()) {
    return refused("passkey.challenge", "no challenge is open for this attempt");
  }
  Open taken = std::move(*found);
  open_.erase(found);
  if (taken.ends <= now) return refused("passkey.challenge", "the challenge is too old");
  return taken;
}

std::size_t Passkeys::challenges() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

Result<PasskeyRegistration> Passkeys::begin_registration(const std::string& person,
                                                         const std::string& session) {
  CN_ASSIGN(const auto passkeys, rows_.of_person(person));
  PasskeyRegistration registration;
  for (const state::Passkey& passkey : passkeys) registration.known.push_back(passkey.id);
  // Random, so that it tells an authenticator's finder nothing about the person.
  registration.user_handle =
      passkeys.empty() ? random_bytes(randomness_, kUserHandleBytes) : passkeys.front().user_handle;
  registration.challenge =
      open({Purpose::kRegistration, session, person, registration.user_handle, {}, {}});
  return registration;
}

Result<state::Passkey> Passkeys::finish_registration(const std::string& person,
                                                     const std::string& session,
                                                     const std::string& name,
                                                     const RegistrationAnswer& answer,
                                                     std::int64_t now_s) {
  CN_ASSIGN(Open begun, take(Purpose::kRegistration, session));
  if (begun.person != person) return refused("passkey.challenge", "it was another person's");
  CN_RETURN_IF_ERROR(check_name(name));
  CN_ASSIGN(NewPasskey made, verify_registration(site_, begun.challenge, answer));
  state::Passkey passkey;
  passkey.id = std::move(made.id);
  passkey.person = person;
  passkey.name = name;
  passkey.user_handle = std::move(begun.user_handle);
  passkey.algorithm = made.key.algorithm;
  passkey.public_key = std::move(made.key.bytes);
  passkey.count = made.count;
  passkey.made_at = now_s;
  CN_RETURN_IF_ERROR(rows_.add(passkey, kMostPasskeysOfPerson));
  return passkey;
}

Result<PasskeyChallenge> Passkeys::begin(Purpose purpose, const std::string& attempt,
                                         const std::string& person) {
  CN_ASSIGN(const auto passkeys, rows_.of_person(person));
  PasskeyChallenge begun;
  for (const state::Passkey& passkey : passkeys) {
    if (!passkey.locked_at) begun.allowed.push_back(passkey.id);
  }
  if (begun.allowed.empty()) {
    return refused("passkey.none", "this person has no passkey that may be used");
  }
  begun.challenge = open({purpose, attempt, person, {}, {}, {}});
  return begun;
}

Result<PasskeyChallenge> Passkeys::begin_sign_in(const std::string& person) {
  const std::string attempt = base::to_hex(random_bytes(randomness_, kAttemptBytes));
  CN_ASSIGN(PasskeyChallenge begun, begin(Purpose::kSignIn, attempt, person));
  begun.attempt = attempt;
  return begun;
}

Result<PasskeyChallenge> Passkeys::begin_step_up(const std::string& person,
                                                 const std::string& session) {
  return begin(Purpose::kStepUp, session, person);
}

Result<state::Passkey> Passkeys::finish_sign_in(const std::string& attempt,
                                                const SignInAnswer& answer, std::int64_t now_s) {
  CN_ASSIGN(const Open begun, take(Purpose::kSignIn, attempt));
  return finish(begun, answer, now_s);
}

Result<state::Passkey> Passkeys::finish_step_up(const std::string& person,
                                                const std::string& session,
                                                const SignInAnswer& answer, std::int64_t now_s) {
  CN_ASSIGN(const Open begun, take(Purpose::kStepUp, session));
  if (begun.person != person) return refused("passkey.challenge", "it was another person's");
  return finish(begun, answer, now_s);
}

Result<state::Passkey> Passkeys::finish(const Open& begun, const SignInAnswer& answer,
                                        std::int64_t now_s) {
  const std::string& person = begun.person;
  CN_ASSIGN(auto passkey, rows_.find(answer.passkey_id));
  const bool is_persons =
      passkey.has_value() && passkey->person == person &&
      (answer.user_handle.empty() || answer.user_handle == passkey->user_handle);
  if (!is_persons) {
    return refused("passkey.unknown", "the passkey is not one of this person's");
  }
  if (passkey->locked_at) return refused("passkey.locked", "the passkey is locked");
  CN_ASSIGN(passkey->count, verify_sign_in(site_, begun.challenge, answer,
                                           {passkey->algorithm, passkey->public_key}));
  CN_ASSIGN(const auto use, rows_.use(passkey->id, person, passkey->count, now_s));
  switch (use) {
    case state::Passkeys::Use::kUsed:
      return std::move(*passkey);
    case state::Passkeys::Use::kWentBack:
      return refused("passkey.counter", "the passkey's count of signatures went back");
    case state::Passkeys::Use::kGone:
      return refused("passkey.unknown", "the passkey was removed or locked meanwhile");
  }
  return refused("passkey.unknown", "the passkey cannot be used");
}

}  // namespace cryptonet::gatekeeper::auth
