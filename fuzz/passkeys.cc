// SPDX-License-Identifier: Apache-2.0
// Answers of authenticators: an accepted registration gives a key that fits its limits, and neither
// it nor an accepted sign-in passes for another challenge or another page. Input: challenge (32)
// and the blocks (u16 little-endian size, bytes) client data and attestation object; where more
// follows, a sign-in by the key that was registered: challenge and the blocks client data,
// authenticator data and signature.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "gatekeeper/auth/passkey_wire.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::gatekeeper::auth;

const PasskeySite kSite{"example.org", "https://example.org"};
const PasskeySite kOtherPage{"example.org", "https://example.org:444"};

base::Bytes block(base::ByteReader& reader) {
  const base::ByteView bytes = reader.raw(reader.u16());
  return {bytes.begin(), bytes.end()};
}

void check_sign_in(base::ByteReader& reader, const NewPasskey& made) {
  base::Bytes challenge(kPasskeyChallengeBytes);
  reader.copy_to(challenge);
  SignInAnswer answer;
  answer.passkey_id = made.id;
  answer.client_data = block(reader);
  answer.authenticator_data = block(reader);
  answer.signature = block(reader);
  if (!verify_sign_in(kSite, challenge, answer, made.key).ok()) return;
  if (verify_sign_in(kOtherPage, challenge, answer, made.key).ok()) std::abort();
  challenge[0] ^= 1;
  if (verify_sign_in(kSite, challenge, answer, made.key).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::ByteReader reader({data, size});
  base::Bytes challenge(kPasskeyChallengeBytes);
  reader.copy_to(challenge);
  RegistrationAnswer answer;
  answer.client_data = block(reader);
  answer.attestation_object = block(reader);
  const auto made = verify_registration(kSite, challenge, answer);
  if (!made.ok()) return 0;
  const auto& offered = kPasskeyAlgorithms;
  if (made->id.size() < kMinPasskeyIdBytes || made->id.size() > kMaxPasskeyIdBytes ||
      std::find(offered.begin(), offered.end(), made->key.algorithm) == offered.end()) {
    std::abort();
  }
  if (verify_registration(kOtherPage, challenge, answer).ok()) std::abort();
  challenge[0] ^= 1;
  if (verify_registration(kSite, challenge, answer).ok()) std::abort();
  if (reader.remaining() != 0) check_sign_in(reader, *made);
  return 0;
}
