// SPDX-License-Identifier: Apache-2.0
// For tests: connections by hand, for clients that stall, flood, or say the wrong thing. A broken
// pipe is no signal here.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "net/http_testing.h"
#include "net/target.h"
#include "net/tls.h"

namespace cryptonet::net {

/// A bare TCP connection to the server.
class RawConnection {
 public:
  explicit RawConnection(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const HostPort address = parse_url(server.url()).value();
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &target.sin_addr);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// The same, where the server may have closed already.
  void try_send(std::string_view bytes) const {
    static_cast<void>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  int socket() const { return socket_; }
  /// Seconds until the server closes.
  double wait_for_close() const {
    const auto before = std::chrono::steady_clock::now();
    std::array<char, 256> scratch{};
    while (::recv(socket_, scratch.data(), scratch.size(), 0) > 0) {
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  }

 private:
  int socket_;
};

/// A TLS connection that sends what it is told and no more.
class RawTls {
 public:
  explicit RawTls(const HttpServer& server, const TlsIdentity& identity = deployment().nameless())
      : connection_(server),
        context_(make_tls_context(identity, TlsEnd::kClient).value()),
        tls_(SSL_new(context_.get())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    SSL_set_fd(tls_, connection_.socket());
    connected_ = SSL_connect(tls_) == 1;
  }
  ~RawTls() { SSL_free(tls_); }
  RawTls(const RawTls&) = delete;
  RawTls& operator=(const RawTls&) = delete;
  bool connected() const { return connected_; }
  /// As far as the server lets it.
  void send(std::string_view bytes) const {
    while (connected_ && !bytes.empty()) {
      const int sent = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// All that the server says until it closes.
  std::string read_all() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (int size = connected_ ? 1 : 0; size > 0;) {
      size = SSL_read(tls_, piece.data(), static_cast<int>(piece.size()));
      if (size > 0) all.append(piece.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  RawConnection connection_;
  TlsContextHandle context_;
  SSL* tls_;
  bool connected_ = false;
};

}  // namespace cryptonet::net
