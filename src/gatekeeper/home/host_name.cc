// SPDX-License-Identifier: Apache-2.0
// The server's certificate, signed again with one host name more. Key and name stay, so whoever
// knows this gatekeeper by its role sees no change.
#include <algorithm>

#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::home {
using base::Result;

Result<bool> Home::answer_to(const std::string& host, base::FileSystem& files, net::TimePoint now) {
  CN_ASSIGN(const auto info, net::read_certificate(server_.certificate_pem));
  if (std::find(info.hosts.begin(), info.hosts.end(), host) != info.hosts.end()) return false;
  if (sealed_) {
    return base::Error(base::ErrorCode::kRefused, "home.sealed",
                       "a new host name needs the authority's key, which is sealed",
                       "cryptonet-gatekeeper host " + host + " --home D");
  }
  net::Subject subject{info.role, info.name, info.hosts};
  subject.hosts.push_back(host);
  CN_ASSIGN(std::string certificate,
            net::issue_for_key(authority_, server_.key_pem, subject,
                               net::Validity{now - std::chrono::hours(1), info.not_after}));
  CN_RETURN_IF_ERROR(
      base::write_atomically(files, folder_ / "server.crt", base::view_of(certificate), 0600));
  server_.certificate_pem = std::move(certificate);
  return true;
}

}  // namespace cryptonet::gatekeeper::home
