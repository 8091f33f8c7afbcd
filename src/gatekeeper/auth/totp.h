// SPDX-License-Identifier: Apache-2.0
// Codes of authenticator apps: TOTP (RFC 6238) with HMAC-SHA-1, 30 s, six digits, seeds of 160
// bits; the arithmetic is liboath's. A code is taken in its own step and the next one, so that a
// slow typist comes in; state::Credentials takes every step once. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::int64_t kTotpStepS = 30;
inline constexpr std::size_t kTotpSeedBytes = 20;
inline constexpr std::size_t kTotpDigits = 6;

/// The code of a step, `digits` long (6 to 8).
std::string totp_code(std::span<const std::uint8_t> seed, std::int64_t step,
                      std::size_t digits = kTotpDigits);
/// The step that `code` belongs to: the present one or the one before it. Spaces in the code are
/// passed over. Same time for right and wrong codes.
std::optional<std::int64_t> totp_step_of(std::span<const std::uint8_t> seed, std::string_view code,
                                         std::int64_t wall_s);
/// The seed as people type it, and as a QR code carries it.
std::string totp_secret_text(std::span<const std::uint8_t> seed);
std::string otpauth_uri(std::string_view person, std::string_view secret_text);

}  // namespace cryptonet::gatekeeper::auth
