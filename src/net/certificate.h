// SPDX-License-Identifier: Apache-2.0
// The deployment's small authority: one self-signed certificate (ECDSA P-256, path length 0) that
// signs the certificates of gatekeeper, cloud, contributors and researchers. A certificate carries
// its role as the only URI urn:cryptonet:role:<word> in its alternative names and the peer's name
// as its common name; the gatekeeper's and the cloud's may serve, the others may only call. All
// texts are PEM. Stateless; safe from any thread. Private keys pass through std::string: the caller
// writes them to files of mode 0600 and wipes what it keeps.
#pragma once

#include <chrono>
#include <string>

#include "net/http.h"

namespace cryptonet::net {

using TimePoint = std::chrono::system_clock::time_point;

inline constexpr std::size_t kMaxPeerNameBytes = 64;
inline constexpr std::size_t kMaxPemBytes = 16 * 1024;

struct KeyAndCertificate {
  std::string key_pem;
  std::string certificate_pem;
};
struct KeyAndRequest {
  std::string key_pem;
  std::string csr_pem;
};

/// From when to when a certificate holds. `valid_from(now, days)` starts an hour early, for clocks
/// that differ.
struct Validity {
  TimePoint not_before;
  TimePoint not_after;
};
Validity valid_from(TimePoint now, int days);

/// Who a certificate is for. kBadInput when the name is empty, longer than kMaxPeerNameBytes or
/// holds anything but letters, digits, space and ._@- ; kUsage for PeerRole::kNone. `hosts` are DNS
/// names for browsers, which know a server by its host; our own programs do not ask for them.
struct Subject {
  PeerRole role = PeerRole::kNone;
  std::string name;
  std::vector<std::string> hosts = {};
};
inline constexpr std::size_t kMaxCertificateHosts = 16;

/// A fresh key and the self-signed certificate of an authority.
base::Result<KeyAndCertificate> make_authority(const std::string& name, const Validity& validity);
/// A fresh key and a signing request for it. The name in it is a wish: the authority decides.
base::Result<KeyAndRequest> make_key_and_request(const std::string& name);
/// A certificate for the key of the request (whose own signature is checked), with a random serial.
/// Nothing but the key is taken from the request. kBadInput for a malformed request or another kind
/// of key than P-256.
base::Result<std::string> issue_certificate(const KeyAndCertificate& authority,
                                            const std::string& csr_pem, const Subject& subject,
                                            const Validity& validity);
/// A fresh key and its certificate in one step, for an end that the authority itself sets up.
base::Result<KeyAndCertificate> issue_with_new_key(const KeyAndCertificate& authority,
                                                   const Subject& subject,
                                                   const Validity& validity);
/// A certificate for a private key that is there already.
base::Result<std::string> issue_for_key(const KeyAndCertificate& authority,
                                        const std::string& key_pem, const Subject& subject,
                                        const Validity& validity);

/// What stands in a certificate. Not a proof: nothing is verified here.
struct CertificateInfo {
  PeerRole role = PeerRole::kNone;  ///< kNone when there is not exactly one known role in it
  std::string name;
  std::vector<std::string> hosts;  ///< DNS names, in the order in which they stand there
  base::Digest hash{};             ///< SHA-256 of the DER form: Peer::certificate_hash
  TimePoint not_after;
};
base::Result<CertificateInfo> read_certificate(const std::string& certificate_pem);

}  // namespace cryptonet::net
