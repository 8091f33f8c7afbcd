// SPDX-License-Identifier: Apache-2.0
// Microsoft SEAL's secret key, read and written (docs/formats/seal.md): the other objects are
// he/seal's. For a person's own keys and for tests; a stranger's bytes are still parsed as hostile.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET_BGV
#error "he/secret is for holders of keys only: name cn_he_secret_bgv among the target's DEPS"
#endif

#include "he/seal/objects.h"
#include "he/secret/ternary_secret.h"

namespace cryptonet::he::secret {

/// kBadInput: "seal.format", or "secret_key.form" when the words are no ternary secret.
base::Result<TernarySecret> read_secret_key(const bgv::Chain& chain, base::ByteView bytes);
/// Not compressed: a compressor's buffers are not wiped. The caller wipes what it gets.
base::Bytes write_secret_key(const bgv::Chain& chain, const TernarySecret& secret);

}  // namespace cryptonet::he::secret
