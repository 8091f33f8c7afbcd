// SPDX-License-Identifier: Apache-2.0
// Making and reading certificates with OpenSSL. Every certificate is X.509 v3 with a random 127-bit
// serial and is signed with ECDSA over SHA-256.
#include "net/certificate.h"

#include <openssl/ec.h>
#include <openssl/rand.h>

#include <array>
#include <ctime>

#include "base/hash.h"
#include "net/openssl_handles.h"

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::string_view kRolePrefix = "urn:cryptonet:role:";

Error openssl_error(const std::string& operation) {
  return Error(ErrorCode::kInternal, "certificate.openssl",
               operation + " failed: " + take_openssl_reason());
}

Result<std::string> text_from(const BioHandle& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  if (size <= 0) return openssl_error("writing PEM");
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> key_to_pem(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error("writing a private key");
  }
  return text_from(bio);
}

Result<std::string> certificate_to_pem(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return openssl_error("writing a certificate");
  }
  return text_from(bio);
}

Result<KeyHandle> make_key() {
  KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error("making a P-256 key");
  return key;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
         c == '.' || c == '_' || c == '@' || c == '-';
}

Status check_name(const std::string& name) {
  bool good = !name.empty() && name.size() <= kMaxPeerNameBytes;
  for (const char c : name) good = good && is_name_character(c);
  if (!good) {
    return Error(ErrorCode::kBadInput, "certificate.name",
                 "this name cannot stand in a certificate",
                 "use 1 to 64 letters, digits, spaces, dots, dashes, underscores or @");
  }
  return base::ok();
}

/// The characters of DNS names, so that none can end its entry in the configuration text that
/// OpenSSL reads.
Status check_hosts(const std::vector<std::string>& hosts) {
  bool good = hosts.size() <= kMaxCertificateHosts;
  for (const std::string& host : hosts) {
    good = good && !host.empty() && host.size() <= 253;
    for (const char c : host) good = good && is_name_character(c) && c != ' ' && c != '@';
  }
  if (good) return base::ok();
  return Error(ErrorCode::kBadInput, "certificate.host",
               "a certificate takes up to 16 host names of letters, digits, dots and dashes");
}

Status set_common_name(X509_NAME* target, const std::string& name) {
  const auto* text = reinterpret_cast<const unsigned char*>(name.data());
  if (X509_NAME_add_entry_by_NID(target, NID_commonName, MBSTRING_UTF8, text,
                                 static_cast<int>(name.size()), -1, 0) != 1) {
    return openssl_error("setting a common name");
  }
  return base::ok();
}

Status add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return openssl_error("adding a certificate extension");
  }
  return base::ok();
}

Status set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return openssl_error("drawing a serial number");
  }
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);  // positive, and of fixed length
  const BigNumberHandle number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return openssl_error("setting a serial number");
  }
  return base::ok();
}

/// A v3 certificate with serial, validity, subject and key, but no issuer, extension or signature.
Result<CertificateHandle> draft(const std::string& name, EVP_PKEY* key, const Validity& validity) {
  CN_RETURN_IF_ERROR(check_name(name));
  if (validity.not_after <= validity.not_before) {
    return Error(ErrorCode::kUsage, "certificate.validity",
                 "a certificate must end after it begins");
  }
  CertificateHandle certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1) {
    return openssl_error("making a certificate");
  }
  CN_RETURN_IF_ERROR(set_random_serial(certificate.get()));
  const std::time_t from = std::chrono::system_clock::to_time_t(validity.not_before);
  const std::time_t to = std::chrono::system_clock::to_time_t(validity.not_after);
  if (ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), to) == nullptr ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return openssl_error("filling in a certificate");
  }
  CN_RETURN_IF_ERROR(set_common_name(X509_get_subject_name(certificate.get()), name));
  return certificate;
}

Status sign(X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, key, EVP_sha256()) == 0) return openssl_error("signing a certificate");
  return base::ok();
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return false;
  return std::string_view(group.data(), size) == "prime256v1";
}

Result<std::string> issue(const KeyAndCertificate& authority, EVP_PKEY* key, const Subject& subject,
                          const Validity& validity) {
  if (subject.role == PeerRole::kNone) {
    return Error(ErrorCode::kUsage, "certificate.role", "a certificate needs a role");
  }
  const CertificateHandle issuer = parse_certificate(authority.certificate_pem);
  const KeyHandle issuer_key = parse_private_key(authority.key_pem);
  if (!issuer || !issuer_key || X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    take_openssl_reason();
    return Error(ErrorCode::kIntegrity, "certificate.authority",
                 "the authority's key and certificate cannot be read or do not belong together");
  }
  CN_ASSIGN(CertificateHandle certificate, draft(subject.name, key, validity));
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) != 1) {
    return openssl_error("setting the issuer");
  }
  const bool serves = subject.role == PeerRole::kGatekeeper || subject.role == PeerRole::kCloud;
  std::string names = "URI:" + std::string(kRolePrefix) + std::string(role_name(subject.role));
  CN_RETURN_IF_ERROR(check_hosts(subject.hosts));
  for (const std::string& host : subject.hosts) names += ",DNS:" + host;
  X509* const made = certificate.get();
  CN_RETURN_IF_ERROR(add_extension(made, issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  CN_RETURN_IF_ERROR(add_extension(made, issuer.get(), NID_key_usage, "critical,digitalSignature"));
  CN_RETURN_IF_ERROR(add_extension(made, issuer.get(), NID_ext_key_usage,
                                   serves ? "clientAuth,serverAuth" : "clientAuth"));
  CN_RETURN_IF_ERROR(add_extension(made, issuer.get(), NID_subject_alt_name, names));
  CN_RETURN_IF_ERROR(add_extension(made, issuer.get(), NID_authority_key_identifier, "keyid"));
  CN_RETURN_IF_ERROR(sign(made, issuer_key.get()));
  return certificate_to_pem(made);
}

/// Text of an ASN.1 string, or nothing when it holds a zero byte or is too long.
std::string asn1_text(const ASN1_STRING* string, std::size_t limit) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  const std::string text(data, static_cast<std::size_t>(ASN1_STRING_length(string)));
  if (text.size() > limit || text.find('\0') != std::string::npos) return {};
  return text;
}

PeerRole role_in(const X509* certificate) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return PeerRole::kNone;
  PeerRole role = PeerRole::kNone;
  int found = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const std::string uri = asn1_text(name->d.uniformResourceIdentifier, 256);
    if (!uri.starts_with(kRolePrefix)) continue;
    role = role_from_name(std::string_view(uri).substr(kRolePrefix.size()));
    ++found;
  }
  return found == 1 ? role : PeerRole::kNone;
}

std::vector<std::string> hosts_in(const X509* certificate) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    std::string host = asn1_text(name->d.dNSName, 253);
    if (!host.empty()) hosts.push_back(std::move(host));
  }
  return hosts;
}

std::string common_name_in(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  std::string name =
      asn1_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)), kMaxPeerNameBytes);
  for (char& c : name) {
    if (!is_name_character(c)) c = '_';
  }
  return name;
}

TimePoint to_time_point(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

BioHandle reader_of(const std::string& pem) {
  if (pem.size() > kMaxPemBytes) return nullptr;
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Never asks the terminal for a passphrase, as OpenSSL's default does.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string take_openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

CertificateHandle parse_certificate(const std::string& pem) {
  const BioHandle bio = reader_of(pem);
  if (!bio) return nullptr;
  return CertificateHandle(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
}

KeyHandle parse_private_key(const std::string& pem) {
  const BioHandle bio = reader_of(pem);
  if (!bio) return nullptr;
  return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

CertificateInfo read_parsed_certificate(const X509* certificate) {
  CertificateInfo info;
  info.role = role_in(certificate);
  info.name = common_name_in(certificate);
  info.hosts = hosts_in(certificate);
  info.not_after = to_time_point(X509_get0_notAfter(certificate));
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size > 0) info.hash = base::sha256({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return info;
}

Validity valid_from(TimePoint now, int days) {
  return {now - std::chrono::hours(1), now + std::chrono::hours(24) * days};
}

Result<KeyAndCertificate> make_authority(const std::string& name, const Validity& validity) {
  CN_ASSIGN(const KeyHandle key, make_key());
  CN_ASSIGN(CertificateHandle certificate, draft(name, key.get(), validity));
  X509* const made = certificate.get();
  if (X509_set_issuer_name(made, X509_get_subject_name(made)) != 1) {
    return openssl_error("setting the issuer");
  }
  CN_RETURN_IF_ERROR(
      add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  CN_RETURN_IF_ERROR(add_extension(made, made, NID_key_usage, "critical,keyCertSign"));
  CN_RETURN_IF_ERROR(add_extension(made, made, NID_subject_key_identifier, "hash"));
  CN_RETURN_IF_ERROR(sign(made, key.get()));
  KeyAndCertificate result;
  CN_ASSIGN(result.key_pem, key_to_pem(key.get()));
  CN_ASSIGN(result.certificate_pem, certificate_to_pem(made));
  return result;
}

Result<KeyAndRequest> make_key_and_request(const std::string& name) {
  CN_RETURN_IF_ERROR(check_name(name));
  CN_ASSIGN(const KeyHandle key, make_key());
  const RequestHandle request(X509_REQ_new());
  if (!request) return openssl_error("making a certificate request");
  CN_RETURN_IF_ERROR(set_common_name(X509_REQ_get_subject_name(request.get()), name));
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return openssl_error("making a certificate request");
  }
  KeyAndRequest result;
  CN_ASSIGN(result.key_pem, key_to_pem(key.get()));
  CN_ASSIGN(result.csr_pem, text_from(bio));
  return result;
}

Result<std::string> issue_certificate(const KeyAndCertificate& authority,
                                      const std::string& csr_pem, const Subject& subject,
                                      const Validity& validity) {
  const BioHandle bio = reader_of(csr_pem);
  const RequestHandle request(
      bio ? PEM_read_bio_X509_REQ(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  EVP_PKEY* const key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  if (key == nullptr || !is_p256(key) || X509_REQ_verify(request.get(), key) != 1) {
    take_openssl_reason();
    return Error(ErrorCode::kBadInput, "certificate.request",
                 "the certificate request is malformed, not signed by its own key, or its key is "
                 "not ECDSA P-256");
  }
  return issue(authority, key, subject, validity);
}

Result<KeyAndCertificate> issue_with_new_key(const KeyAndCertificate& authority,
                                             const Subject& subject, const Validity& validity) {
  CN_ASSIGN(const KeyHandle key, make_key());
  KeyAndCertificate result;
  CN_ASSIGN(result.certificate_pem, issue(authority, key.get(), subject, validity));
  CN_ASSIGN(result.key_pem, key_to_pem(key.get()));
  return result;
}

Result<std::string> issue_for_key(const KeyAndCertificate& authority, const std::string& key_pem,
                                  const Subject& subject, const Validity& validity) {
  const KeyHandle key = parse_private_key(key_pem);
  if (!key || !is_p256(key.get())) {
    take_openssl_reason();
    return Error(ErrorCode::kBadInput, "certificate.key",
                 "the private key cannot be read or is not ECDSA P-256");
  }
  return issue(authority, key.get(), subject, validity);
}

Result<CertificateInfo> read_certificate(const std::string& certificate_pem) {
  const CertificateHandle certificate = parse_certificate(certificate_pem);
  if (!certificate) {
    take_openssl_reason();
    return Error(ErrorCode::kBadInput, "certificate.malformed", "this is not a PEM certificate");
  }
  return read_parsed_certificate(certificate.get());
}

}  // namespace cryptonet::net
