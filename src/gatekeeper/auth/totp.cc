// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/totp.h"

#include <liboath/oath.h>

#include <array>
#include <cstdlib>

#include "api/path.h"
#include "base/bytes.h"
#include "base/hash.h"

namespace cryptonet::gatekeeper::auth {
namespace {
constexpr std::string_view kIssuer = "Cryptonet";
}  // namespace

std::string totp_code(std::span<const std::uint8_t> seed, std::int64_t step, std::size_t digits) {
  std::array<char, 16> code{};
  CHECK(step >= 0 && digits >= 6 && digits <= 8);
  const int done = ::oath_hotp_generate(
      reinterpret_cast<const char*>(seed.data()), seed.size(), static_cast<std::uint64_t>(step),
      static_cast<unsigned>(digits), false, OATH_HOTP_DYNAMIC_TRUNCATION, code.data());
  CHECK(done == OATH_OK);
  return std::string(code.data());
}

std::optional<std::int64_t> totp_step_of(std::span<const std::uint8_t> seed, std::string_view code,
                                         std::int64_t wall_s) {
  std::string digits;
  for (const char c : code) {
    if (c != ' ' && digits.size() <= kTotpDigits) digits += c;
  }
  const std::int64_t step = wall_s / kTotpStepS;
  std::optional<std::int64_t> found;
  for (const std::int64_t candidate : {step, step - 1}) {
    const std::string right = totp_code(seed, std::max<std::int64_t>(candidate, 0));
    if (base::equal_constant_time(base::view_of(right), base::view_of(digits))) found = candidate;
  }
  return found;
}

std::string totp_secret_text(std::span<const std::uint8_t> seed) {
  char* text = nullptr;
  std::size_t size = 0;
  const int done =
      ::oath_base32_encode(reinterpret_cast<const char*>(seed.data()), seed.size(), &text, &size);
  CHECK(done == OATH_OK);
  std::string secret(text, size);
  base::wipe(text, size);
  std::free(text);  // NOLINT: liboath allocates with malloc
  return secret;
}

std::string otpauth_uri(std::string_view person, std::string_view secret_text) {
  return "otpauth://totp/" + std::string(kIssuer) + ":" + api::percent_encoded(person) +
         "?secret=" + std::string(secret_text) + "&issuer=" + std::string(kIssuer) +
         "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace cryptonet::gatekeeper::auth
