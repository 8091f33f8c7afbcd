// SPDX-License-Identifier: Apache-2.0
// What an authenticator answers (Web Authentication Level 3, 7.1 and 7.2), judged: pure functions
// over hostile bytes, by libfido2 where it has a verifier. Accepted are ES256, EdDSA and RS256; no
// attestation, or one of the format `packed` whose signature holds. Who made an authenticator is
// not judged: we ask for no attestation and trust no makers. A user must be present and verified,
// in both ceremonies. Errors are kRefused; the rule says what was wrong, for the audit log and for
// tests. Whoever asks is told one thing only (passkey.h). Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::size_t kPasskeyChallengeBytes = 32;
inline constexpr std::size_t kMinPasskeyIdBytes = 16;
inline constexpr std::size_t kMaxPasskeyIdBytes = 1023;
inline constexpr std::size_t kMaxClientDataBytes = 4096;
inline constexpr std::size_t kMaxAttestationBytes = 8192;
inline constexpr std::size_t kMaxAuthenticatorDataBytes = 1024;
inline constexpr std::size_t kMaxPasskeySignatureBytes = 512;

/// The page on which passkeys are made and used: `rp_id` is the host of `origin`.
struct PasskeySite {
  std::string rp_id;
  std::string origin;  ///< "https://host:port", without the port where it is 443
};

/// COSE algorithm identifiers, in the order in which we would have them.
inline constexpr std::array<std::int64_t, 3> kPasskeyAlgorithms = {-8, -7, -257};

struct PasskeyPublicKey {
  std::int64_t algorithm = 0;
  base::Bytes bytes;  ///< as libfido2 holds it: x|y, the Ed25519 key, or n|e
};

struct RegistrationAnswer {
  base::Bytes client_data;
  base::Bytes attestation_object;
};
struct NewPasskey {
  base::Bytes id;
  PasskeyPublicKey key;
  std::uint32_t count = 0;  ///< of signatures, as the authenticator says
};
base::Result<NewPasskey> verify_registration(const PasskeySite& site, base::ByteView challenge,
                                             const RegistrationAnswer& answer);

struct SignInAnswer {
  base::Bytes passkey_id;
  base::Bytes client_data;
  base::Bytes authenticator_data;
  base::Bytes signature;
  base::Bytes user_handle;  ///< empty where the authenticator does not say it
};
/// The authenticator's count of signatures. Whether it has grown is the caller's to ask.
base::Result<std::uint32_t> verify_sign_in(const PasskeySite& site, base::ByteView challenge,
                                           const SignInAnswer& answer, const PasskeyPublicKey& key);

/// Base64 of RFC 4648 section 5, without padding: how browsers write a challenge.
std::string to_base64url(base::ByteView bytes);

}  // namespace cryptonet::gatekeeper::auth
