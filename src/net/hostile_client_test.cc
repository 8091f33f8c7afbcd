// SPDX-License-Identifier: Apache-2.0
// The server against clients that are slow, silent, too many, or not speaking its language.
#include <thread>

#include "net/http_testing.h"
#include "net/raw_testing.h"

namespace cryptonet::net {
namespace {

TEST(HostileClient, CutsOffAClientThatSaysNothing) {
  const auto server = start({echo({PeerRole::kNone})},
                            [](ServerOptions& options) { options.handshake_timeout = seconds(1); });
  const RawConnection silent(*server);
  EXPECT_LT(silent.wait_for_close(), 4.0);
}

TEST(HostileClient, CutsOffABodyThatDoesNotCome) {
  const auto server = start({echo({PeerRole::kNone})},
                            [](ServerOptions& options) { options.transfer_timeout = seconds(1); });
  const RawTls slow(*server);
  const auto before = std::chrono::steady_clock::now();
  slow.send("POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(slow.read_all(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
}

TEST(HostileClient, CutsOffAHeaderThatDoesNotEnd) {
  const auto server = start({echo({PeerRole::kNone})},
                            [](ServerOptions& options) { options.handshake_timeout = seconds(1); });
  const RawTls slow(*server);
  slow.send("POST /v1/echo/x HTTP/1.1\r\nHost:");
  EXPECT_EQ(slow.read_all(), "");
}

TEST(HostileClient, AnswersMalformedAndOversizeHeaders) {
  const auto server = start({echo({PeerRole::kNone})});
  const std::string long_header =
      "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'y') + "\r\n\r\n";
  for (const std::string& bad : {std::string("nonsense\r\n\r\n"), long_header,
                                 std::string("POST /v1/echo/x HTTP/1.1\r\nHost: x\r\n"
                                             "Content-Length: -1\r\n\r\n")}) {
    const RawTls raw(*server);
    raw.send(bad);
    EXPECT_TRUE(raw.read_all().starts_with("HTTP/1.1 400")) << bad.substr(0, 40);
  }
}

TEST(HostileClient, LimitsChunkedBodiesWhileTheyArrive) {
  const auto server = start({echo({PeerRole::kNone})});
  const std::string head =
      "POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const RawTls good(*server);
  good.send(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  good.send("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(good.read_all().find("x||none|abcde"), std::string::npos);
  const RawTls large(*server);
  large.send(head + "7d0\r\n" + std::string(2000, 'z') + "\r\n");
  EXPECT_TRUE(large.read_all().starts_with("HTTP/1.1 413"));
}

TEST(HostileClient, CutsOffAClientThatSpeaksPlainHttp) {
  const auto server = start({echo({PeerRole::kNone})});
  const RawConnection plain(*server);
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_LT(plain.wait_for_close(), 4.0);
}

TEST(HostileClient, MakesRoomByClosingTheLongestSilentConnection) {
  const auto server =
      start({echo({PeerRole::kNone})}, [](ServerOptions& options) { options.max_connections = 2; });
  const RawConnection first(*server);
  const RawConnection second(*server);
  const auto honest = client(*server, deployment().nameless());
  EXPECT_EQ(text(post(*honest, "/v1/echo/x", "a")), "x||none|a");
  EXPECT_LT(first.wait_for_close(), 4.0);
}

TEST(HostileClient, SparesThoseWithACertificate) {
  const auto server = start({echo({PeerRole::kContributor, PeerRole::kNone})},
                            [](ServerOptions& options) { options.max_connections = 3; });
  const auto proven = client(*server, deployment().identity(PeerRole::kContributor));
  ASSERT_TRUE(post(*proven, "/v1/echo/x", "").ok());
  std::vector<std::unique_ptr<RawConnection>> flood;
  for (int i = 0; i < 20; ++i) flood.push_back(std::make_unique<RawConnection>(*server));
  EXPECT_LT(flood.front()->wait_for_close(), 4.0);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(text(post(*proven, "/v1/echo/x", "b")), "x|peer one|contributor|b");
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(4));
}

TEST(HostileClient, HoldsOneCertificateToItsConnections) {
  const auto server = start({echo({PeerRole::kContributor})}, [](ServerOptions& options) {
    options.max_connections_per_certificate = 2;
  });
  const TlsIdentity mine = deployment().identity(PeerRole::kContributor);
  std::vector<std::unique_ptr<HttpClient>> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(client(*server, mine));
    EXPECT_TRUE(post(*held.back(), "/v1/echo/x", "").ok());
  }
  EXPECT_FALSE(post(*client(*server, mine), "/v1/echo/x", "").ok());
  const auto other = client(*server, deployment().identity(PeerRole::kContributor));
  EXPECT_TRUE(post(*other, "/v1/echo/x", "").ok());
}

TEST(HostileClient, LetsASlowBodyComeAsLongAsItMoves) {
  const auto server = start({echo({PeerRole::kNone})}, [](ServerOptions& options) {
    options.transfer_timeout = seconds(1);
    options.routes[0].max_body_bytes = 1 << 20;
  });
  const RawTls slow(*server);
  slow.send(
      "POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "Content-Length: 400000\r\n\r\n");
  for (int i = 0; i < 4; ++i) {  // 100 kB in each 0.6 s, 2.4 s in all
    slow.send(std::string(100000, 'z'));
    std::this_thread::sleep_for(milliseconds(600));
  }
  EXPECT_TRUE(slow.read_all().starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace cryptonet::net
