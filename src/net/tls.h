// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 only, trusting one authority and nothing of the system's; no session tickets, so every
// connection proves its certificate again. Private to this folder.
#pragma once

#include "net/openssl_handles.h"

namespace cryptonet::net {

enum class TlsEnd { kServer, kClient };

/// kBadInput for PEM that cannot be read or does not belong together. A server must have a key; a
/// client may have none. The server asks for a client certificate and takes none for an answer, but
/// never a wrong one; the client refuses a server outside the authority.
base::Result<TlsContextHandle> make_tls_context(const TlsIdentity& identity, TlsEnd end);

/// The other end after a handshake. kNone when no certificate was shown; kRefused when a verified
/// one carries no role.
base::Result<Peer> read_peer(const SSL* connection);

}  // namespace cryptonet::net
