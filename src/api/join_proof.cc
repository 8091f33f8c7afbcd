// SPDX-License-Identifier: Apache-2.0
// The proof of a joining client (join_proof.h). A PEM text holds no zero byte, so the zero between
// the two parts makes their boundary plain.
#include "api/join_proof.h"

#include "base/hash.h"
#include "base/secret_memory.h"

namespace cryptonet::api {

base::Digest join_proof(base::ByteView enrolment_secret, const std::string& csr_pem,
                        const std::string& signing_key) {
  base::Secret<32> key;
  base::hkdf_sha256(enrolment_secret, {}, base::view_of("cryptonet join v1"), key.span());
  std::string message = csr_pem;
  message += '\0';
  message += signing_key;
  return base::hmac_sha256(key.span(), base::view_of(message));
}

}  // namespace cryptonet::api
