// SPDX-License-Identifier: Apache-2.0
// Bearer tokens: 256 random bits behind a prefix by which leaked ones can be found. Only their
// SHA-256 is kept; that is enough, because nobody can guess what was drawn from 2^256.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/randomness.h"
#include "gatekeeper/state/access_keys.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::string_view kSessionPrefix = "cryptonet_session_";
inline constexpr std::string_view kAccessKeyPrefix = "cryptonet_key_";

/// Prefix and 64 hexadecimal digits.
std::string make_token(state::KeyKind kind, base::Randomness& randomness);
base::Digest token_hash(std::string_view token);
/// A name for a key, 16 hexadecimal digits; no secret.
std::string make_key_id(base::Randomness& randomness);

}  // namespace cryptonet::gatekeeper::auth
