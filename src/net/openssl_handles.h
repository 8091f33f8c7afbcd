// SPDX-License-Identifier: Apache-2.0
// Owning pointers to OpenSSL's objects, and its error queue as text. Private to this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "net/certificate.h"

namespace cryptonet::net {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
inline void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

using BioHandle = std::unique_ptr<BIO, Freeing<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, Freeing<X509_free>>;
using RequestHandle = std::unique_ptr<X509_REQ, Freeing<X509_REQ_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, Freeing<free_names>>;
using BigNumberHandle = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using TlsContextHandle = std::unique_ptr<SSL_CTX, Freeing<SSL_CTX_free>>;

/// The first reason in this thread's OpenSSL error queue, which is emptied.
std::string take_openssl_reason();
/// Parses one PEM object; null when there is none or the text is too long.
CertificateHandle parse_certificate(const std::string& pem);
KeyHandle parse_private_key(const std::string& pem);
/// Role, name, hash and end of a parsed certificate.
CertificateInfo read_parsed_certificate(const X509* certificate);

}  // namespace cryptonet::net
