// SPDX-License-Identifier: Apache-2.0
// An unknown enrolment and a wrong proof get one answer and take one path, so that ids cannot be
// tried out.
#include "gatekeeper/auth/admission.h"

#include <algorithm>

#include "api/join_proof.h"
#include "base/hash.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

constexpr int kClientCertificateDays = 730;

using SigningKey = std::optional<std::array<std::uint8_t, 32>>;

Result<SigningKey> signing_key_of(state::EnrolmentRole role, const std::string& text) {
  if (role != state::EnrolmentRole::kContributor) {
    if (text.empty()) return SigningKey();
    return Error(ErrorCode::kBadInput, "join.signing_key",
                 "only contributors register a signing key");
  }
  CN_ASSIGN(const base::Bytes bytes, base::from_base64(text));
  SigningKey key(std::in_place);
  if (bytes.size() != key->size()) {
    return Error(
        ErrorCode::kBadInput, "join.signing_key",
        "a contributor's signing key has 32 bytes, this one has " + std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), key->begin());
  return key;
}
}  // namespace

Result<std::string> join(const Authority& authority, const api::JoinRequest& request,
                         net::TimePoint now) {
  CN_ASSIGN(const auto enrolment, authority.identities.find_enrolment(request.enrolment));
  base::Secret<32> secret;
  if (enrolment.has_value()) {
    CN_ASSIGN(secret, enrolment_secret(authority.keys, *enrolment));
  }
  base::Digest proof{};
  const bool well_formed = base::from_hex(request.proof, proof);
  const bool equal = base::equal_constant_time(
      proof, api::join_proof(secret.span(), request.csr_pem, request.signing_key));
  if (!enrolment.has_value() || !well_formed || !equal) {
    return Error(ErrorCode::kRefused, "join.proof",
                 "the enrolment is not known here, or its proof is wrong",
                 "use the enrolment file that this gatekeeper's custodian made");
  }
  if (enrolment->revoked) {
    return Error(ErrorCode::kRefused, "join.revoked", "this enrolment was revoked",
                 "ask the custodian for a new one");
  }
  if (enrolment->role == state::EnrolmentRole::kCloud) {
    return Error(ErrorCode::kBadInput, "join.cloud",
                 "the cloud does not join: its enrolment file holds its key and certificate");
  }
  CN_ASSIGN(const SigningKey signing_key, signing_key_of(enrolment->role, request.signing_key));
  CN_ASSIGN(std::string certificate_pem,
            net::issue_certificate(authority.certificate, request.csr_pem,
                                   {peer_role(enrolment->role), enrolment->name},
                                   net::valid_from(now, kClientCertificateDays)));
  CN_ASSIGN(const net::CertificateInfo info, net::read_certificate(certificate_pem));
  CN_RETURN_IF_ERROR(authority.identities.add_certificate({info.hash, enrolment->id, signing_key},
                                                          unix_seconds(now)));
  return certificate_pem;
}

Result<state::Principal> principal_of(state::Identities& identities, const net::Peer& peer) {
  CN_ASSIGN(auto principal, identities.find_principal(peer.certificate_hash));
  if (!principal.has_value()) {
    return Error(ErrorCode::kRefused, "peer.unknown",
                 "this certificate was not given out by this gatekeeper",
                 "join again with an enrolment file of this gatekeeper");
  }
  if (principal->enrolment.revoked) {
    return Error(ErrorCode::kRefused, "peer.revoked",
                 "the enrolment '" + principal->enrolment.name + "' was revoked",
                 "ask the custodian for a new one");
  }
  // The role in the certificate came from the enrolment; both are asked so that neither can drift.
  if (peer_role(principal->enrolment.role) != peer.role) {
    return Error(ErrorCode::kRefused, "peer.role",
                 "the certificate's role is not the role of its enrolment");
  }
  return std::move(*principal);
}

}  // namespace cryptonet::gatekeeper::auth
