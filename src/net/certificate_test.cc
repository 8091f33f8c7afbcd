// SPDX-License-Identifier: Apache-2.0
#include "net/certificate.h"

#include <gtest/gtest.h>

#include <set>

#include "net/openssl_handles.h"

namespace cryptonet::net {
namespace {

using base::ErrorCode;

Validity now_on() { return valid_from(std::chrono::system_clock::now(), 30); }

TEST(Certificate, CarriesRoleAndName) {
  const auto authority = make_authority("clinic authority", now_on()).value();
  const auto request = make_key_and_request("somebody else").value();
  const auto pem = issue_certificate(authority, request.csr_pem,
                                     {PeerRole::kContributor, "north clinic"}, now_on());
  ASSERT_TRUE(pem.ok()) << describe(pem.error());
  const auto info = read_certificate(*pem).value();
  EXPECT_EQ(info.role, PeerRole::kContributor);
  EXPECT_EQ(info.name, "north clinic");  // the request's own name is not taken
  EXPECT_GT(info.not_after, std::chrono::system_clock::now() + std::chrono::hours(29 * 24));
  EXPECT_EQ(read_certificate(authority.certificate_pem)->role, PeerRole::kNone);
}

/// OpenSSL's own judgement of the host, as a browser would make it.
bool is_for_host(const std::string& pem, const char* host) {
  const CertificateHandle certificate = parse_certificate(pem);
  return X509_check_host(certificate.get(), host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                         nullptr) == 1;
}

TEST(Certificate, CarriesHostsBesideTheRole) {
  const auto authority = make_authority("a", now_on()).value();
  const Subject plain{PeerRole::kGatekeeper, "gatekeeper"};
  const auto first = issue_with_new_key(authority, plain, now_on()).value();
  EXPECT_TRUE(read_certificate(first.certificate_pem)->hosts.empty());
  Subject named = plain;
  named.hosts = {"localhost", "gatekeeper.example.org"};
  const auto again = issue_for_key(authority, first.key_pem, named, now_on());
  ASSERT_TRUE(again.ok()) << describe(again.error());
  const auto info = read_certificate(*again).value();
  EXPECT_EQ(info.hosts, named.hosts);
  EXPECT_EQ(info.role, PeerRole::kGatekeeper);
  EXPECT_TRUE(is_for_host(*again, "gatekeeper.example.org"));
  EXPECT_FALSE(is_for_host(*again, "example.org"));
  EXPECT_FALSE(is_for_host(first.certificate_pem, "localhost"));
  const CertificateHandle certificate = parse_certificate(*again);
  EXPECT_EQ(X509_check_private_key(certificate.get(), parse_private_key(first.key_pem).get()), 1);
  for (const char* host : {"", "a b", "a,DNS:b", "a\nb", "*.example.org", "a@b", "x/y"}) {
    named.hosts = {host};
    EXPECT_FALSE(issue_for_key(authority, first.key_pem, named, now_on()).ok()) << host;
  }
  named.hosts.assign(kMaxCertificateHosts + 1, "localhost");
  EXPECT_FALSE(issue_for_key(authority, first.key_pem, named, now_on()).ok());
  EXPECT_EQ(issue_for_key(authority, "no key", plain, now_on()).error().code, ErrorCode::kBadInput);
}

TEST(Certificate, HasFreshSerialsAndKeys) {
  const auto authority = make_authority("a", now_on()).value();
  std::set<base::Digest> hashes;
  std::set<std::string> keys;
  for (int i = 0; i < 8; ++i) {
    const auto issued =
        issue_with_new_key(authority, {PeerRole::kCloud, "cloud"}, now_on()).value();
    hashes.insert(read_certificate(issued.certificate_pem)->hash);
    keys.insert(issued.key_pem);
  }
  EXPECT_EQ(hashes.size(), 8U);
  EXPECT_EQ(keys.size(), 8U);
}

TEST(Certificate, ReadsRoleOnlyWhenThereIsExactlyOne) {
  // The authority signs none of these; they show what the reader makes of a foreign certificate.
  for (const auto& [names, role] :
       {std::pair{"URI:urn:cryptonet:role:cloud", PeerRole::kCloud},
        std::pair{"URI:urn:cryptonet:role:cloud,URI:urn:cryptonet:role:gatekeeper",
                  PeerRole::kNone},
        std::pair{"URI:urn:cryptonet:role:root", PeerRole::kNone},
        std::pair{"URI:urn:cryptonet:role:none", PeerRole::kNone},
        std::pair{"DNS:urn.cryptonet.role.cloud", PeerRole::kNone},
        std::pair{"URI:https://example.org,URI:urn:cryptonet:role:researcher",
                  PeerRole::kResearcher}}) {
    const CertificateHandle certificate(X509_new());
    const ExtensionHandle extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names));
    ASSERT_EQ(X509_add_ext(certificate.get(), extension.get(), -1), 1);
    EXPECT_EQ(read_parsed_certificate(certificate.get()).role, role) << names;
  }
}

TEST(Certificate, RefusesBadRequestsNamesAndAuthorities) {
  const auto authority = make_authority("a", now_on()).value();
  const auto other = make_authority("b", now_on()).value();
  auto request = make_key_and_request("c").value();
  const Subject subject{PeerRole::kResearcher, "c"};
  EXPECT_EQ(issue_certificate(authority, "nonsense", subject, now_on()).error().code,
            ErrorCode::kBadInput);
  EXPECT_EQ(issue_certificate(authority, std::string(1 << 20, 'A'), subject, now_on()).error().code,
            ErrorCode::kBadInput);
  EXPECT_EQ(
      issue_certificate(authority, request.csr_pem, {PeerRole::kNone, "c"}, now_on()).error().code,
      ErrorCode::kUsage);
  for (const char* name : {"", "a\nb", "a/b", "\xff", "=,+"}) {
    EXPECT_FALSE(
        issue_certificate(authority, request.csr_pem, {PeerRole::kCloud, name}, now_on()).ok());
  }
  EXPECT_EQ(issue_certificate({other.key_pem, authority.certificate_pem}, request.csr_pem, subject,
                              now_on())
                .error()
                .code,
            ErrorCode::kIntegrity);
  request.csr_pem[request.csr_pem.size() / 2] ^= 1;
  EXPECT_FALSE(issue_certificate(authority, request.csr_pem, subject, now_on()).ok());
}

TEST(Certificate, RefusesAnotherKindOfKey) {
  const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}));
  const RequestHandle request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key.get());
  ASSERT_NE(X509_REQ_sign(request.get(), key.get(), EVP_sha256()), 0);
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  const auto authority = make_authority("a", now_on()).value();
  const auto issued =
      issue_certificate(authority, std::string(data, static_cast<std::size_t>(size)),
                        {PeerRole::kResearcher, "c"}, now_on());
  ASSERT_FALSE(issued.ok());
  EXPECT_EQ(issued.error().rule, "certificate.request");
}

}  // namespace
}  // namespace cryptonet::net
