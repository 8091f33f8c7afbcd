// SPDX-License-Identifier: Apache-2.0
// Bytes that the deployment's authority stands for: ECDSA over SHA-256 by its P-256 key, verified
// with its certificate. The caller puts a label of its own at the start of what is signed; nothing
// else that the key signs (certificates) begins so. Stateless; any thread.
#pragma once

#include "base/bytes.h"
#include "net/certificate.h"

namespace cryptonet::net {

/// kInternal when the key cannot be used.
base::Result<base::Bytes> sign_statement(const std::string& authority_key_pem,
                                         base::ByteView statement);
/// Whether the certificate's signature is by the authority's key; nothing else of it is looked at.
bool is_issued_by(const std::string& certificate_pem, const std::string& authority_pem);
/// Whether the key of this certificate signed it: the authority's, or another.
bool is_statement_of(const std::string& certificate_pem, base::ByteView statement,
                     base::ByteView signature);

}  // namespace cryptonet::net
