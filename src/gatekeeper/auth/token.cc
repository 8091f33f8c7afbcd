// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/auth/token.h"

#include "base/hash.h"

namespace cryptonet::gatekeeper::auth {

std::string make_token(state::KeyKind kind, base::Randomness& randomness) {
  base::Secret<32> bits;
  randomness.fill(bits.span());
  const auto prefix = kind == state::KeyKind::kSession ? kSessionPrefix : kAccessKeyPrefix;
  return std::string(prefix) + base::to_hex(bits.span());
}

base::Digest token_hash(std::string_view token) { return base::sha256(base::view_of(token)); }

std::string make_key_id(base::Randomness& randomness) {
  std::array<std::uint8_t, 8> bytes{};
  randomness.fill(bytes);
  return base::to_hex(bytes);
}

}  // namespace cryptonet::gatekeeper::auth
