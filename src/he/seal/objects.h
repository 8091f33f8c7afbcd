// SPDX-License-Identifier: Apache-2.0
// Microsoft SEAL's objects of BGV, read and written (docs/formats/seal.md). Bounds come from the
// chain, never from the bytes: what is read fits the chain, every count and word checked. Every
// reader fails with kBadInput, rule "seal.format". With compression none, what is accepted is
// written again as the same bytes. Secret keys: he/secret.
#pragma once

#include <optional>

#include "he/bgv/ciphertext.h"
#include "he/seal/object_reader.h"
#include "he/seal/seed.h"

namespace cryptonet::he::seal {

/// BGV alone; the literal promises nothing yet.
base::Result<bgv::BgvParametersLiteral> read_parameters(base::ByteView bytes);
base::Bytes write_parameters(const bgv::BgvParameters& parameters, Compression compression);

/// In coefficient form: at most N coefficients below t.
base::Result<bgv::Message> read_plaintext(const bgv::Chain& chain, base::ByteView bytes);
base::Bytes write_plaintext(const bgv::Message& message, Compression compression);

/// At any level; 2 to 16 polynomials in transformed form. A seeded one is expanded.
base::Result<bgv::Ciphertext> read_ciphertext(const bgv::Chain& chain, base::ByteView bytes);
base::Bytes write_ciphertext(const bgv::Ciphertext& ciphertext, Compression compression);
/// c_0 and the seed alone; the caller knows that c_1 is its expansion.
base::Bytes write_seeded_ciphertext(const bgv::Ciphertext& ciphertext, const Seed& seed,
                                    Compression compression);

base::Result<bgv::PublicKey> read_public_key(const bgv::Chain& chain, base::ByteView bytes);
base::Bytes write_public_key(const bgv::PublicKey& key, Compression compression);

/// At most 14 keys, of s^2 … s^15.
base::Result<bgv::RelinearisationKeys> read_relinearisation_keys(const bgv::Chain& chain,
                                                                 base::ByteView bytes);
base::Result<bgv::GaloisKeys> read_galois_keys(const bgv::Chain& chain, base::ByteView bytes);
base::Bytes write_switching_keys(const bgv::Chain& chain, const bgv::KeySwitchingKeys& keys,
                                 Compression compression);

}  // namespace cryptonet::he::seal
