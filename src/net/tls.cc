// SPDX-License-Identifier: Apache-2.0
// The settings of OpenSSL that the header promises.
#include "net/tls.h"

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Error bad_identity(const std::string& what) {
  return Error(ErrorCode::kBadInput, "tls.identity", what + ": " + take_openssl_reason());
}

Status use_own_identity(SSL_CTX* context, const TlsIdentity& identity) {
  const CertificateHandle certificate = parse_certificate(identity.certificate_pem);
  if (!certificate) return bad_identity("our own certificate cannot be read");
  const KeyHandle key = parse_private_key(identity.key_pem);
  if (!key) return bad_identity("our own private key cannot be read");
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return bad_identity("our own certificate and key do not belong together");
  }
  return base::ok();
}

Status trust_authority(SSL_CTX* context, const TlsIdentity& identity, TlsEnd end) {
  const CertificateHandle authority = parse_certificate(identity.authority_pem);
  if (!authority) return bad_identity("the authority's certificate cannot be read");
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) {
    return bad_identity("the authority's certificate cannot be used");
  }
  if (end == TlsEnd::kServer && SSL_CTX_add_client_CA(context, authority.get()) != 1) {
    return bad_identity("the authority's certificate cannot be used");
  }
  return base::ok();
}

}  // namespace

Result<TlsContextHandle> make_tls_context(const TlsIdentity& identity, TlsEnd end) {
  ERR_clear_error();
  const bool server = end == TlsEnd::kServer;
  TlsContextHandle context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (!context) return bad_identity("TLS cannot be set up");
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(raw, 1);
  CN_RETURN_IF_ERROR(trust_authority(raw, identity, end));
  if (server || !identity.key_pem.empty()) CN_RETURN_IF_ERROR(use_own_identity(raw, identity));
  return context;
}

Result<Peer> read_peer(const SSL* connection) {
  Peer peer;
  const CertificateHandle certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return peer;
  if (SSL_get_verify_result(connection) != X509_V_OK) {
    return Error(ErrorCode::kIntegrity, "tls.authority",
                 "the other end's certificate is not from this deployment's authority");
  }
  const CertificateInfo info = read_parsed_certificate(certificate.get());
  if (info.role == PeerRole::kNone) {
    return Error(ErrorCode::kRefused, "tls.role", "the other end's certificate carries no role");
  }
  peer.role = info.role;
  peer.name = info.name;
  peer.certificate_hash = info.hash;
  return peer;
}

}  // namespace cryptonet::net
