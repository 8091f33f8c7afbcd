// SPDX-License-Identifier: Apache-2.0
// How a joining client shows that it holds an enrolment secret without sending it, and what the
// proof covers: the key that is to be certified and the key that will sign manifests.
#pragma once

#include "api/messages.h"
#include "base/bytes.h"

namespace cryptonet::api {

/// HMAC-SHA-256(HKDF-SHA-256(secret, no salt, info "cryptonet join v1"), csr_pem || 0x00 ||
/// signing_key), with signing_key as it stands in the message (base64, maybe empty). Compare with
/// base::equal_constant_time.
base::Digest join_proof(base::ByteView enrolment_secret, const std::string& csr_pem,
                        const std::string& signing_key);

}  // namespace cryptonet::api
