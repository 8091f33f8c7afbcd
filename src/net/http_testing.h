// SPDX-License-Identifier: Apache-2.0
// For tests: a deployment's authority, a server on the loopback that echoes, and clients of it.
#pragma once

#include <gtest/gtest.h>

#include "net/certificate.h"
#include "net/http.h"

namespace cryptonet::net {

using base::Bytes;
using base::Error;
using base::ErrorCode;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// An authority and what it issued, made once: keys cost time.
class Deployment {
 public:
  Deployment() : authority_(make_authority("test authority", validity_).value()) {}
  TlsIdentity identity(PeerRole role) const {
    const auto issued = issue_with_new_key(authority_, {role, "peer one"}, validity_).value();
    return {issued.certificate_pem, issued.key_pem, authority_.certificate_pem};
  }
  TlsIdentity nameless() const { return {"", "", authority_.certificate_pem}; }
  const KeyAndCertificate& authority() const { return authority_; }
  const Validity& validity() const { return validity_; }

 private:
  Validity validity_ = valid_from(std::chrono::system_clock::now(), 2);
  KeyAndCertificate authority_;
};

inline const Deployment& deployment() {
  static const Deployment made;
  return made;
}

inline Route echo(std::vector<PeerRole> roles, std::string pattern = "/v1/echo/{}") {
  return {"POST", std::move(pattern), std::move(roles), 1024,
          [](const HttpRequest& request) -> Result<HttpResponse> {
            std::string text = request.path_parameters.at(0) + "|" + request.peer.name + "|" +
                               std::string(role_name(request.peer.role)) + "|";
            text += std::string(base::text_of(request.body));
            return octet_response(Bytes(text.begin(), text.end()));
          }};
}

inline std::unique_ptr<HttpServer> start(std::vector<Route> routes,
                                         const std::function<void(ServerOptions&)>& change = {}) {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.identity = deployment().identity(PeerRole::kCloud);
  options.routes = std::move(routes);
  if (change) change(options);
  auto server = HttpServer::start(std::move(options));
  EXPECT_TRUE(server.ok()) << describe(server.error());
  return std::move(*server);
}

inline std::unique_ptr<HttpClient> client(const HttpServer& server, TlsIdentity identity,
                                          PeerRole server_role = PeerRole::kCloud) {
  ClientOptions options;
  options.url = server.url();
  options.identity = std::move(identity);
  options.server_role = server_role;
  options.request_timeout = seconds(20);
  return HttpClient::create(std::move(options)).value();
}

inline Result<Bytes> post(HttpClient& client, const std::string& path, std::string_view body) {
  return client.request("POST", path, base::view_of(body), "application/octet-stream");
}

inline std::string text(const Result<Bytes>& result) {
  return result.ok() ? std::string(base::text_of(*result)) : describe(result.error());
}

}  // namespace cryptonet::net
