// SPDX-License-Identifier: Apache-2.0
// Passwords: bcrypt ($2b$) of base64(HMAC-SHA-256(pepper, NFKC(password))). bcrypt reads 72 bytes
// and stops at a NUL; the HMAC makes 44 characters of any password, so that every byte of it
// counts, and without the pepper, which is not in the database, a stolen hash cannot be tried. Any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "base/randomness.h"
#include "base/secret_memory.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::size_t kShortestPassword = 8;    ///< characters, with a second factor
inline constexpr std::size_t kLongestPassword = 1024;  ///< bytes
inline constexpr int kBcryptCost = 12;                 ///< 2^12 rounds

/// kBadInput, with the rule that it breaks, for a password that nobody should have: too short, too
/// long, no UTF-8, among the most common ones, or the name itself.
base::Status check_new_password(std::string_view person, std::string_view password);

/// What bcrypt gets; 44 characters. Text that is no UTF-8 is taken as it is.
base::SecretVector<char> peppered(const base::Secret<32>& pepper, std::string_view password);

/// "$2b$12$…" with a fresh salt. About a quarter of a second of one core.
std::string bcrypt(std::string_view secret, base::Randomness& randomness, int cost = kBcryptCost);
/// Whether `hash` is of `secret`. Same time whether it is or not.
bool bcrypt_matches(const std::string& hash, std::string_view secret);

}  // namespace cryptonet::gatekeeper::auth
