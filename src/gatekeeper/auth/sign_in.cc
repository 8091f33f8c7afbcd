// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/sign_in.h"

#include <algorithm>

#include "base/hash.h"
#include "gatekeeper/auth/password.h"
#include "gatekeeper/auth/totp.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::size_t kRecoveryBytes = 10;
/// Of a secret that nobody kept. Its cost is that of every other: kBcryptCost.
constexpr const char* kStandInHash = "$2b$12$wL6tnAU1pYcoX5E1T7Me8O72VsglvHNnSjDRTR8rd1SfzF3D5YUWu";

/// A keyed name, so that what somebody typed into the wrong field is not kept in clear.
base::Digest keyed(const keys::KeyRing& keys, std::string_view label,
                   std::initializer_list<std::string_view> parts) {
  base::ByteWriter writer;
  writer.block(base::view_of(label));
  for (const std::string_view part : parts) writer.block(base::view_of(part));
  return base::hmac_sha256(keys.pepper().span(), writer.bytes());
}

/// Letters and digits alone, lower case: how people copy a code does not matter.
std::string plain_code(std::string_view code) {
  std::string plain;
  for (const char c : code) {
    const auto lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) plain += lower;
  }
  return plain;
}

/// 80 bits as four groups of four letters and digits.
std::string make_recovery_code(base::Randomness& randomness) {
  base::Secret<kRecoveryBytes> bits;
  randomness.fill(bits.span());
  std::string code;
  for (const char c : totp_secret_text(bits.span())) {
    if (code.size() % 5 == 4) code += '-';
    code += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  return code;
}

bool may_try(const state::FailedSignIns& failed, std::int64_t now_s) {
  if (failed.failures < kFreeFailures) return true;
  if (failed.failures >= kLockAt) return false;
  const std::int64_t doublings = std::min<std::int64_t>(failed.failures - kFreeFailures, 20);
  const std::int64_t wait_s = std::min(std::int64_t{1} << doublings, kLongestWaitS);
  return now_s >= failed.last_at + wait_s;
}
}  // namespace

Error not_signed_in() {
  return {ErrorCode::kNotSignedIn, "auth.not_signed_in",
          "not signed in: no valid session or access key, or a wrong name, password or code, or "
          "a sign-in that is locked or comes too early",
          "cryptonet login; a custodian can reset a locked one"};
}

Status check_name(std::string_view what, std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good = !name.empty() && name.size() <= 64 && plain(name.front()) &&
                    std::all_of(name.begin(), name.end(), [&](char c) {
                      return plain(c) || c == '.' || c == '_' || c == '-' || c == '@';
                    });
  if (good) return base::ok();
  return Error(ErrorCode::kBadInput, "name.malformed",
               std::string(what) +
                   " has 1 to 64 of a-z, 0-9, '.', '_', '-' and '@' and begins with a letter or "
                   "a digit");
}

base::Digest SignIn::subject_of(std::string_view person) const {
  return keyed(parts_.keys, "cryptonet failed sign-in v1", {person});
}

base::Digest SignIn::recovery_hash(std::string_view person, std::string_view code) const {
  return keyed(parts_.keys, "cryptonet recovery code v1", {person, plain_code(code)});
}

Result<NewCredential> SignIn::make_credential(const std::string& person,
                                              std::string_view password) {
  CN_RETURN_IF_ERROR(check_name("a user's name", person));
  CN_RETURN_IF_ERROR(check_new_password(person, password));
  NewCredential made;
  const auto secret = peppered(parts_.keys.pepper(), password);
  CN_ASSIGN(const auto place, parts_.hashing.take_place());
  CN_ASSIGN(made.stored.password_hash, parts_.hashing.run(place, [&]() -> Result<std::string> {
    return bcrypt({secret.data(), secret.size()}, parts_.randomness);
  }));
  base::Secret<kTotpSeedBytes> seed;
  parts_.randomness.fill(seed.span());
  made.stored.sealed_totp =
      parts_.keys.seal(keys::RecordKind::kTotpSeed, base::view_of(person), seed.span());
  made.secret = totp_secret_text(seed.span());
  made.otpauth = otpauth_uri(person, made.secret);
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
    made.recovery_codes.push_back(make_recovery_code(parts_.randomness));
    made.stored.recovery_hashes.push_back(recovery_hash(person, made.recovery_codes.back()));
  }
  return made;
}

Status SignIn::begin_attempt(const std::string& person) {
  CN_ASSIGN(const bool counted, parts_.credentials.begin_attempt(person, subject_of(person),
                                                                 parts_.clock.now_s(), may_try));
  return counted ? base::ok() : Status(not_signed_in());
}

Result<bool> SignIn::password_matches(const HashingPool::Place& place,
                                      const std::optional<state::Credential>& credential,
                                      std::string_view password) {
  const auto secret = peppered(parts_.keys.pepper(), password);
  const std::string hash = credential.has_value() ? credential->password_hash : kStandInHash;
  CN_ASSIGN(const std::string verdict, parts_.hashing.run(place, [&]() -> Result<std::string> {
    return std::string(bcrypt_matches(hash, {secret.data(), secret.size()}) ? "right" : "wrong");
  }));
  return verdict == "right" && credential.has_value();
}

Result<std::optional<state::UsedFactor>> SignIn::factor_of(
    const std::string& person, const std::optional<state::Credential>& credential,
    std::string_view code) {
  const base::Bytes stand_in = parts_.keys.seal(keys::RecordKind::kTotpSeed, base::view_of(""),
                                                std::array<std::uint8_t, kTotpSeedBytes>{});
  CN_ASSIGN(const auto seed,
            parts_.keys.unseal(keys::RecordKind::kTotpSeed,
                               base::view_of(credential.has_value() ? person : ""),
                               credential.has_value() ? credential->sealed_totp : stand_in));
  const auto step = totp_step_of(seed.span(), code, parts_.clock.wall_s());
  const base::Digest hash = recovery_hash(person, code);
  CN_ASSIGN(const bool recovery, parts_.credentials.has_recovery_code(person, hash));
  if (!credential.has_value() || (!step.has_value() && !recovery)) {
    return std::optional<state::UsedFactor>(std::nullopt);
  }
  state::UsedFactor factor;
  if (step.has_value()) {
    factor.totp_step = step;
  } else {
    factor.recovery_hash = hash;
  }
  return std::make_optional(std::move(factor));
}

Result<Started> SignIn::start_session(const std::string& person, const state::UsedFactor& factor,
                                      const net::Peer& machine) {
  const std::int64_t now_s = parts_.clock.now_s();
  std::string token = make_token(state::KeyKind::kSession, parts_.randomness);
  state::AccessKey session;
  session.id = make_key_id(parts_.randomness);
  session.hash = token_hash(token);
  session.person = person;
  session.certificate = machine.certificate_hash;
  session.made_at = session.last_used_at = session.second_factor_at = now_s;
  session.expires_at = now_s + kSessionS;
  session.idle_s = kSessionIdleS;
  CN_RETURN_IF_ERROR(parts_.clock.remember());
  CN_ASSIGN(const bool started,
            parts_.credentials.start_session(subject_of(person), kLockAt, factor, session, now_s));
  if (!started) return not_signed_in();
  Started signed_in;
  signed_in.token = std::move(token);
  signed_in.user = person;
  signed_in.id = session.id;
  signed_in.expires_at = static_cast<std::uint64_t>(session.expires_at);
  signed_in.idle_s = static_cast<std::uint64_t>(session.idle_s);
  signed_in.by_recovery_code = factor.recovery_hash.has_value();
  return signed_in;
}

Result<Started> SignIn::sign_in(const api::SignInRequest& request, const net::Peer& machine) {
  CN_ASSIGN(const auto place, parts_.hashing.take_place());
  CN_RETURN_IF_ERROR(begin_attempt(request.user));
  CN_ASSIGN(const auto credential, parts_.credentials.find(request.user));
  CN_ASSIGN(const bool right, password_matches(place, credential, request.password));
  CN_ASSIGN(const auto factor, factor_of(request.user, credential, request.code));
  if (!right || !factor.has_value()) return not_signed_in();
  state::UsedFactor used = *factor;
  used.password_hash = credential->password_hash;
  return start_session(request.user, used, machine);
}

Result<bool> SignIn::step_up(const std::string& person, const std::string& session,
                             std::string_view code) {
  CN_RETURN_IF_ERROR(begin_attempt(person));
  CN_ASSIGN(const auto credential, parts_.credentials.find(person));
  CN_ASSIGN(const auto factor, factor_of(person, credential, code));
  if (!factor.has_value()) return not_signed_in();
  CN_ASSIGN(const bool done,
            parts_.credentials.refresh_session(person, *factor, session, parts_.clock.now_s()));
  if (!done) return not_signed_in();
  CN_RETURN_IF_ERROR(parts_.credentials.forget_failures(subject_of(person)));
  return factor->recovery_hash.has_value();
}

Status SignIn::check_password(const std::string& person, std::string_view password) {
  CN_ASSIGN(const auto place, parts_.hashing.take_place());
  CN_RETURN_IF_ERROR(begin_attempt(person));
  CN_ASSIGN(const auto credential, parts_.credentials.find(person));
  CN_ASSIGN(const bool right, password_matches(place, credential, password));
  return right ? base::ok() : Status(not_signed_in());
}

Result<Started> SignIn::sign_in_with_passkey(const std::string& person, const base::Bytes& passkey,
                                             const net::Peer& machine) {
  state::UsedFactor factor;
  factor.passkey = passkey;
  return start_session(person, factor, machine);
}

Status SignIn::step_up_with_passkey(const std::string& person, const std::string& session,
                                    const base::Bytes& passkey) {
  state::UsedFactor factor;
  factor.passkey = passkey;
  CN_ASSIGN(const bool done,
            parts_.credentials.refresh_session(person, factor, session, parts_.clock.now_s()));
  return done ? base::ok() : Status(not_signed_in());
}

Result<bool> SignIn::is_locked(const std::string& person) {
  CN_ASSIGN(const auto failed, parts_.credentials.failures(subject_of(person)));
  return failed.failures >= kLockAt;
}

Status SignIn::unlock(const std::string& person) {
  return parts_.credentials.forget_failures(subject_of(person));
}

}  // namespace cryptonet::gatekeeper::auth
