// SPDX-License-Identifier: Apache-2.0
// crypt_data is 32 KiB and holds the key schedule of the password: heap, wiped.
#include "gatekeeper/auth/password.h"

#include <crypt.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/hash.h"
#include "gatekeeper/auth/common_passwords.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Status;

constexpr std::size_t kSaltBytes = 16;

/// NFKC (Unicode 15 as utf8proc has it), or nothing for text that is no UTF-8.
std::optional<base::SecretVector<char>> normalised(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const auto* in = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t size = utf8proc_map(
      in, static_cast<utf8proc_ssize_t>(text.size()), &out,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
  if (size < 0) return std::nullopt;
  base::SecretVector<char> normal(static_cast<std::size_t>(size));
  std::copy(out, out + size, normal.data());
  base::wipe(out, static_cast<std::size_t>(size));
  std::free(out);  // NOLINT: utf8proc allocates with malloc
  return normal;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

/// The hash of `secret` with the setting (or hash) given; empty when that is none.
std::string hashed(const std::string& setting, std::string_view secret) {
  base::SecretVector<crypt_data> data(1);
  base::SecretVector<char> terminated(secret.size() + 1);
  std::copy(secret.begin(), secret.end(), terminated.data());
  const char* hash = ::crypt_r(terminated.data(), setting.c_str(), data.data());
  return hash == nullptr || hash[0] == '*' ? std::string() : std::string(hash);
}
}  // namespace

Status check_new_password(std::string_view person, std::string_view password) {
  if (password.size() > kLongestPassword) {
    return Error(ErrorCode::kBadInput, "password.too_long",
                 "a password has at most " + std::to_string(kLongestPassword) + " bytes",
                 "choose a shorter one");
  }
  const auto normal = normalised(password);
  if (!normal.has_value()) {
    return Error(ErrorCode::kBadInput, "password.utf8", "the password is not UTF-8 text",
                 "check the encoding of the terminal or file that it comes from");
  }
  const std::string_view text(normal->data(), normal->size());
  if (characters(text) < kShortestPassword) {
    return Error(ErrorCode::kBadInput, "password.too_short",
                 "a password has at least " + std::to_string(kShortestPassword) + " characters",
                 "a few words in a row are long and easy to keep in mind");
  }
  std::string lower = lower_case(text);
  const bool known = is_common_password(lower) || lower == lower_case(person);
  base::wipe(lower.data(), lower.size());
  if (known) {
    return Error(ErrorCode::kBadInput, "password.common",
                 "this password is among those that are tried first", "choose another");
  }
  return base::ok();
}

base::SecretVector<char> peppered(const base::Secret<32>& pepper, std::string_view password) {
  const auto normal = normalised(password);
  const std::string_view text =
      normal.has_value() ? std::string_view(normal->data(), normal->size()) : password;
  base::Digest digest = base::hmac_sha256(pepper.span(), base::view_of(text));
  std::string encoded = base::to_base64(digest);
  base::SecretVector<char> out(encoded.size());
  std::copy(encoded.begin(), encoded.end(), out.data());
  base::wipe(digest.data(), digest.size());
  base::wipe(encoded.data(), encoded.size());
  return out;
}

std::string bcrypt(std::string_view secret, base::Randomness& randomness, int cost) {
  std::array<std::uint8_t, kSaltBytes> salt{};
  randomness.fill(salt);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* made = ::crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost),
                                        reinterpret_cast<const char*>(salt.data()), salt.size(),
                                        setting.data(), static_cast<int>(setting.size()));
  CHECK(made != nullptr);
  std::string hash = hashed(setting.data(), secret);
  CHECK(!hash.empty());
  return hash;
}

bool bcrypt_matches(const std::string& hash, std::string_view secret) {
  const std::string again = hashed(hash, secret);
  return !again.empty() && base::equal_constant_time(base::view_of(again), base::view_of(hash));
}

}  // namespace cryptonet::gatekeeper::auth
