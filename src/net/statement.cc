// SPDX-License-Identifier: Apache-2.0
#include "net/statement.h"

#include "net/openssl_handles.h"

namespace cryptonet::net {
namespace {
using DigestHandle = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
}  // namespace

base::Result<base::Bytes> sign_statement(const std::string& authority_key_pem,
                                         base::ByteView statement) {
  const KeyHandle key = parse_private_key(authority_key_pem);
  const DigestHandle context(EVP_MD_CTX_new());
  base::Bytes signature(128);  // DER of two numbers of 32 bytes takes at most 72
  std::size_t size = signature.size();
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, statement.data(), statement.size()) !=
          1) {
    return base::Error(base::ErrorCode::kInternal, "statement.sign",
                       "the authority's key does not sign: " + take_openssl_reason());
  }
  signature.resize(size);
  return signature;
}

bool is_issued_by(const std::string& certificate_pem, const std::string& authority_pem) {
  const CertificateHandle certificate = parse_certificate(certificate_pem);
  const CertificateHandle authority = parse_certificate(authority_pem);
  if (!certificate || !authority) return false;
  const bool right = X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return right;
}

bool is_statement_of(const std::string& certificate_pem, base::ByteView statement,
                     base::ByteView signature) {
  const CertificateHandle certificate = parse_certificate(certificate_pem);
  const DigestHandle context(EVP_MD_CTX_new());
  if (!certificate || !context) return false;
  const bool right = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                          X509_get0_pubkey(certificate.get())) == 1 &&
                     EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                      statement.data(), statement.size()) == 1;
  ERR_clear_error();
  return right;
}

}  // namespace cryptonet::net
