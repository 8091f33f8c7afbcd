// SPDX-License-Identifier: Apache-2.0
// What is told, to whom, and in the form that its readers parse.
#include "net/metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_testing.h"
#include "net/local_listener.h"
#include "net/serving.h"
#include "net/target.h"

namespace cryptonet::net {
namespace {

AnswerRecord answered(const std::string& pattern, int status, const std::string& rule = {}) {
  AnswerRecord record;
  record.method = "POST";
  record.pattern = pattern;
  record.status = status;
  record.rule = rule;
  record.peer = {PeerRole::kResearcher, "Ada Example", {}, "192.0.2.7"};
  record.duration = std::chrono::milliseconds(30);
  record.bytes_in = 100;
  record.bytes_out = 1000;
  return record;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsAnswersByRouteAndClassOfStatus) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.count(answered("/v1/query", 200));
  metrics.count(answered("/v1/query", 403, "policy.small"));
  metrics.count(answered("/v1/query", 429, "rate.too_many"));
  metrics.count(answered("-", 404, "http.not_found"));
  metrics.count(answered("/v1/sign-in", 200));
  metrics.count(answered("/v1/sign-in", 401));
  const std::string text = metrics.text();
  for (const char* line :
       {R"(cryptonet_requests_total{route="/v1/query",status="2xx"} 3)",
        R"(cryptonet_requests_total{route="/v1/query",status="4xx"} 2)",
        R"(cryptonet_requests_total{route="-",status="4xx"} 1)",
        R"(cryptonet_refused_total{limit="rate"} 1)", R"(cryptonet_refused_total{limit="queue"} 0)",
        R"(cryptonet_sign_ins_total{result="ok"} 1)",
        R"(cryptonet_sign_ins_total{result="denied"} 1)",
        R"(cryptonet_body_bytes_total{direction="in"} 800)",
        R"(cryptonet_request_duration_seconds_bucket{route="/v1/query",le="0.025"} 0)",
        R"(cryptonet_request_duration_seconds_bucket{route="/v1/query",le="0.05"} 5)",
        R"(cryptonet_request_duration_seconds_count{route="/v1/query"} 5)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("Ada"), std::string::npos);
  EXPECT_EQ(text.find("192.0.2.7"), std::string::npos);
}

TEST(Metrics, ReadsWhatIsReadWhenAsked) {
  Metrics metrics;
  double value = 1;
  metrics.add("things", "How many", [&] { return std::optional<double>(value); });
  metrics.add("lost", "Cannot be had", [] { return std::optional<double>(); });
  metrics.add_counts("sizes", "By size", [] {
    return std::optional<Metrics::Counts>({{1, 10}, {4, 2, 1}, 33});
  });
  EXPECT_TRUE(has_line(metrics.text(), "cryptonet_things 1"));
  value = 2;
  const std::string text = metrics.text();
  for (const char* line :
       {"cryptonet_things 2", "# TYPE cryptonet_sizes histogram",
        R"(cryptonet_sizes_bucket{le="1"} 4)", R"(cryptonet_sizes_bucket{le="10"} 6)",
        R"(cryptonet_sizes_bucket{le="+Inf"} 7)", "cryptonet_sizes_count 7",
        "cryptonet_sizes_sum 33"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("lost"), std::string::npos);
}

/// What a plain caller gets for these bytes.
std::string call(const std::string& url, const std::string& bytes) {
  const HostPort address = parse_host_port(url.substr(7)).value();
  const int caller = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(address.port);
  inet_pton(AF_INET, address.host.c_str(), &target.sin_addr);
  EXPECT_EQ(::connect(caller, reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
  EXPECT_EQ(::send(caller, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  std::string all;
  std::array<char, 4096> piece{};
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(caller, piece.data(), piece.size(), 0);
    if (got > 0) all.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(caller);
  return all;
}

TEST(Metrics, AreToldOnThisMachineAlone) {
  Metrics metrics;
  const auto server = start({echo({PeerRole::kNone})});
  Serving serving;
  bool ready = false;
  const auto state = [&]() -> base::Status {
    if (ready) return base::ok();
    return Error(ErrorCode::kUnreachable, "ready.sealed", "it is sealed");
  };
  EXPECT_EQ(tell_figures(serving, metrics, *server, state).value(), nullptr) << "off by default";
  for (const char* elsewhere : {"0.0.0.0:0", "192.0.2.1:9100", "[::]:0", "localhost:0"}) {
    serving.metrics = elsewhere;
    const auto refused = tell_figures(serving, metrics, *server, state);
    ASSERT_FALSE(refused.ok()) << elsewhere;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  }
  Metrics fresh;
  serving.metrics = "127.0.0.1:0";
  const auto listener = tell_figures(serving, fresh, *server, state).value();
  ASSERT_NE(listener, nullptr);
  const auto get = [&](const std::string& path) {
    return call(listener->url(), "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  const std::string page = get("/metrics");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200")) << page;
  EXPECT_NE(page.find("\ncryptonet_connections 0\n"), std::string::npos) << page;
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503"));
  EXPECT_NE(get("/readyz").find("ready.sealed"), std::string::npos);
  ready = true;
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(get("/v1/query").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(call(listener->url(), "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
  EXPECT_EQ(call(listener->url(), std::string(10'000, 'x')), "");
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200")) << "still there";
}

TEST(Metrics, TellWhatTheServerRefused) {
  const auto server = start({echo({PeerRole::kContributor})}, [](ServerOptions& options) {
    options.max_connections_per_certificate = 1;
  });
  const TlsIdentity mine = deployment().identity(PeerRole::kContributor);
  const auto first = client(*server, mine);
  EXPECT_TRUE(post(*first, "/v1/echo/x", "").ok());
  EXPECT_FALSE(post(*client(*server, mine), "/v1/echo/x", "").ok());
  Metrics metrics;
  metrics.watch(*server);
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(text, "cryptonet_connections_refused_machine_total 1")) << text;
  EXPECT_TRUE(has_line(text, "cryptonet_handshakes_total 2")) << text;
}

TEST(Serving, ReadsLimits) {
  Rates rates;
  EXPECT_TRUE(set_rate("person=12.5", rates).ok());
  EXPECT_EQ(rates.person.per_s, 12.5);
  EXPECT_EQ(rates.person.burst, 125);
  EXPECT_TRUE(set_rate("sign-in=0:7", rates).ok());
  EXPECT_EQ(rates.sign_in.per_s, 0);
  EXPECT_EQ(rates.sign_in.burst, 7);
  for (const char* bad : {"", "person", "person=", "person=x", "person=1:", "person=-1", "nobody=1",
                          "person=1:2:3", "person=inf", "person=nan", "person=1e9"}) {
    const auto refused = set_rate(bad, rates);
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace cryptonet::net
