// SPDX-License-Identifier: Apache-2.0
// The server and the client against each other over real TLS on the loopback.
#include "net/http.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file_system.h"
#include "net/http_testing.h"

namespace cryptonet::net {
namespace {

TEST(Http, CarriesBodyParametersAndPeer) {
  const auto server = start({echo({PeerRole::kGatekeeper})});
  const auto caller = client(*server, deployment().identity(PeerRole::kGatekeeper));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(text(post(*caller, "/v1/echo/a%2Fb%20c", "hello")),
              "a/b c|peer one|gatekeeper|hello");
  }
}

TEST(Http, RefusesOtherRolesAndMissingCertificates) {
  const auto server =
      start({echo({PeerRole::kGatekeeper}), echo({PeerRole::kNone}, "/v1/open/{}")});
  const auto contributor = client(*server, deployment().identity(PeerRole::kContributor));
  const auto refused = post(*contributor, "/v1/echo/x", "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().rule, "http.role");
  const auto nobody = client(*server, deployment().nameless());
  const auto unknown = post(*nobody, "/v1/echo/x", "");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().rule, "http.no_certificate");
  EXPECT_EQ(text(post(*nobody, "/v1/open/x", "y")), "x||none|y");
  EXPECT_EQ(text(post(*contributor, "/v1/open/x", "y")), "x|peer one|contributor|y");
}

TEST(Http, RefusesClientOfAnotherAuthority) {
  const auto server = start({echo({PeerRole::kNone})});
  const auto other = make_authority("test authority", deployment().validity()).value();
  const auto issued =
      issue_with_new_key(other, {PeerRole::kGatekeeper, "peer one"}, deployment().validity())
          .value();
  const auto caller = client(
      *server, {issued.certificate_pem, issued.key_pem, deployment().authority().certificate_pem});
  const auto answer = post(*caller, "/v1/echo/x", std::string(900, 'x'));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kRefused) << text(answer);
}

TEST(Http, RefusesServerOfAnotherAuthorityOrRole) {
  const auto server = start({echo({PeerRole::kNone})});
  const auto other = make_authority("test authority", deployment().validity()).value();
  const auto stranger = client(*server, {"", "", other.certificate_pem});
  const auto wrong_authority = post(*stranger, "/v1/echo/x", "");
  ASSERT_FALSE(wrong_authority.ok());
  EXPECT_EQ(wrong_authority.error().code, ErrorCode::kIntegrity) << text(wrong_authority);
  const auto mistaken = client(*server, deployment().nameless(), PeerRole::kGatekeeper);
  const auto wrong_role = post(*mistaken, "/v1/echo/x", "");
  ASSERT_FALSE(wrong_role.ok());
  EXPECT_EQ(wrong_role.error().rule, "tls.role");
}

TEST(Http, RefusesServerWithAClientsCertificate) {
  // A contributor's certificate lacks serverAuth, so it cannot pose as any server.
  const auto server = start({echo({PeerRole::kNone})}, [](ServerOptions& options) {
    options.identity = deployment().identity(PeerRole::kContributor);
  });
  const auto caller = client(*server, deployment().nameless(), PeerRole::kContributor);
  const auto answer = post(*caller, "/v1/echo/x", "");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().rule, "tls.authority") << text(answer);
}

TEST(Http, RefusesExpiredCertificate) {
  const auto server = start({echo({PeerRole::kNone})});
  const auto now = std::chrono::system_clock::now();
  const Validity past{now - std::chrono::hours(48), now - std::chrono::hours(24)};
  const auto issued =
      issue_with_new_key(deployment().authority(), {PeerRole::kGatekeeper, "late"}, past).value();
  const auto caller = client(
      *server, {issued.certificate_pem, issued.key_pem, deployment().authority().certificate_pem});
  const auto answer = post(*caller, "/v1/echo/x", "");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kRefused) << text(answer);
}

TEST(Http, CarriesErrorsBothWays) {
  const auto server = start(
      {{"GET",
        "/v1/fail",
        {PeerRole::kNone},
        0,
        [](const HttpRequest&) -> Result<HttpResponse> {
          return Error(ErrorCode::kIntegrity, "some.rule", "what \"happened\"", "the mend")
              .at("/srv/home/ledger", 7, 3);
        }},
       {"GET", "/v1/throw", {PeerRole::kNone}, 0, [](const HttpRequest&) -> Result<HttpResponse> {
          throw std::runtime_error("not for strangers");
        }}});
  const auto caller = client(*server, deployment().nameless());
  const auto failed = caller->request("GET", "/v1/fail", {}, "");
  ASSERT_FALSE(failed.ok());
  const Error& error = failed.error();
  EXPECT_EQ(error.code, ErrorCode::kIntegrity);
  EXPECT_EQ(error.rule, "some.rule");
  EXPECT_EQ(error.message, "what \"happened\"");
  EXPECT_EQ(error.hint, "the mend");
  EXPECT_EQ(error.file, "");
  EXPECT_EQ(error.line, 7);
  EXPECT_EQ(error.column, 3);
  const auto thrown = caller->request("GET", "/v1/throw", {}, "");
  ASSERT_FALSE(thrown.ok());
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
  EXPECT_EQ(text(thrown).find("strangers"), std::string::npos);
  EXPECT_EQ(thrown.error().message,
            "the cloud could not answer: the request failed inside the server");
  const auto missing = caller->request("GET", "/v1/nothing", {}, "");
  EXPECT_EQ(missing.error().rule, "http.not_found");
  const auto method = caller->request("PUT", "/v1/fail", {}, "");
  EXPECT_EQ(method.error().rule, "http.method");
}

/// Some of the server's own, some of what it was sent.
std::vector<Error> faults_at(const std::string& place) {
  return {
      base::local_io_error("open", place, ENOENT),
      Error(ErrorCode::kLocalIo, "state.disk", "cannot use " + place, "look at " + place),
      Error(ErrorCode::kInternal, "state.sql", "a step in " + place + " failed", "see " + place),
      Error(ErrorCode::kIntegrity, "ledger.damaged", "the record is damaged", "restore it")
          .at(place),
      Error(ErrorCode::kLocalIo, "state.busy", "the state file stayed locked", "try again")
          .at(place),
      Error(ErrorCode::kBadInput, "schema.key", "no column 'diagnosis'").at("visits", 3, 1),
      Error(ErrorCode::kBadInput, "sql.parse", "no column 'diagnosis'").at({}, 1, 8)};
}

TEST(Http, FaultsOfTheServersOwnAreForItsLog) {
  const std::string place = "/srv/home/segments/ab12";
  const std::vector<Error> faults = faults_at(place);
  std::mutex mutex;
  std::condition_variable came;
  std::vector<AnswerRecord> records;
  const auto server = start({{"GET",
                              "/v1/fail/{}",
                              {PeerRole::kNone},
                              0,
                              [&](const HttpRequest& request) -> Result<HttpResponse> {
                                const std::string& name = request.path_parameters.at(0);
                                if (name == "throw") throw std::runtime_error("a label of " + name);
                                return faults.at(std::stoul(name));
                              }}},
                            [&](ServerOptions& options) {
                              options.on_answer = [&](const AnswerRecord& record) {
                                const std::lock_guard lock(mutex);
                                records.push_back(record);
                                came.notify_one();
                              };
                            });
  const auto caller = client(*server, deployment().nameless());
  const auto ask = [&](const std::string& name) {
    const auto answer = caller->request("GET", "/v1/fail/" + name, {}, "");
    std::unique_lock lock(mutex);
    EXPECT_TRUE(came.wait_for(lock, seconds(10), [&] { return !records.empty(); }));
    AnswerRecord record = std::move(records.back());
    records.clear();
    EXPECT_EQ(text(answer).find("srv"), std::string::npos) << text(answer);
    return std::pair(answer.error(), std::move(record));
  };
  const std::string disk = "the cloud could not answer: the server's own disk failed";
  for (const char* name : {"0", "1"}) {
    const auto [told, record] = ask(name);
    EXPECT_EQ(told.code, ErrorCode::kUnreachable);
    EXPECT_EQ(told.message, disk);
    EXPECT_EQ(told.hint, "tell its operator: the server's log says where and why");
    EXPECT_EQ(record.status, 500);
    EXPECT_NE(record.withheld.find(place), std::string::npos) << record.withheld;
  }
  EXPECT_EQ(ask("0").second.withheld, place + ": cannot open: No such file or directory");
  const auto [internal, internal_record] = ask("2");
  EXPECT_EQ(internal.code, ErrorCode::kInternal);
  EXPECT_EQ(internal.message, "the cloud could not answer: the request failed inside the server");
  EXPECT_EQ(internal_record.withheld, "a step in " + place + " failed (see " + place + ")");
  const auto [damaged, damaged_record] = ask("3");
  EXPECT_EQ(base::describe(damaged), "the record is damaged (restore it)");
  EXPECT_EQ(damaged_record.withheld, place);
  const auto [busy, busy_record] = ask("4");
  EXPECT_EQ(busy.message, "the cloud could not answer: the state file stayed locked");
  EXPECT_EQ(busy_record.status, 503);
  // What a peer sent is told to the peer, and not to the log.
  for (const char* name : {"5", "6"}) {
    const auto [asked, record] = ask(name);
    EXPECT_EQ(asked.message, "no column 'diagnosis'");
    EXPECT_GT(asked.line, 0);
    EXPECT_EQ(record.withheld, name == std::string("5") ? "visits" : "");
  }
  const auto [thrown, thrown_record] = ask("throw");
  EXPECT_EQ(thrown.message, internal.message);
  EXPECT_EQ(thrown_record.withheld, "the handler threw std::runtime_error");
}

TEST(Http, RefusesOversizeBodyBeforeReadingIt) {
  const auto server = start({echo({PeerRole::kNone})});
  const auto caller = client(*server, deployment().nameless());
  for (const std::size_t size : {std::size_t{1025}, std::size_t{8} << 20}) {
    const auto answer = post(*caller, "/v1/echo/x", std::string(size, 'x'));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().rule, "http.too_large") << text(answer);
  }
  EXPECT_EQ(text(post(*caller, "/v1/echo/x", std::string(1024, 'x'))).size(), 1024U + 8U);
}

TEST(Http, CarriesLargeBodies) {
  Route route = echo({PeerRole::kNone});
  route.max_body_bytes = std::size_t{64} << 20;
  const auto server = start({route});
  const auto caller = client(*server, deployment().nameless());
  const std::string body(std::size_t{40} << 20, 'z');
  EXPECT_TRUE(text(post(*caller, "/v1/echo/x", body)) == "x||none|" + body);
  EXPECT_EQ(text(post(*caller, "/v1/echo/x", "small")), "x||none|small");
}

TEST(Http, ReopensAConnectionThatTheServerClosed) {
  const auto server = start({echo({PeerRole::kNone})},
                            [](ServerOptions& options) { options.idle_timeout = seconds(1); });
  const auto caller = client(*server, deployment().nameless());
  EXPECT_EQ(text(post(*caller, "/v1/echo/x", "1")), "x||none|1");
  std::this_thread::sleep_for(milliseconds(1500));
  EXPECT_EQ(text(post(*caller, "/v1/echo/x", "2")), "x||none|2");
}

/// A gate that handlers wait at.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void await(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

Route gated(Gate& gate) {
  return {"POST",
          "/v1/wait",
          {PeerRole::kNone},
          1024,
          [&gate](const HttpRequest&) -> Result<HttpResponse> {
            gate.pass();
            return json_response("{}");
          }};
}

TEST(Http, AnswersBusyWhenTheQueueIsFull) {
  Gate gate;
  const auto server = start({gated(gate)}, [](ServerOptions& options) {
    options.worker_threads = 1;
    options.max_queued_requests = 1;
  });
  std::vector<std::thread> callers;
  std::atomic<int> served = 0;
  const auto ask = [&] {
    if (post(*client(*server, deployment().nameless()), "/v1/wait", "").ok()) ++served;
  };
  callers.emplace_back(ask);
  gate.await(1);
  // One runs; of the next ones exactly one fits into the queue and the others are told to go.
  std::atomic<int> busy = 0;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      const auto answer = post(*client(*server, deployment().nameless()), "/v1/wait", "");
      if (answer.ok()) ++served;
      if (!answer.ok() && answer.error().rule == "http.busy") ++busy;
    });
  }
  while (busy < 2) std::this_thread::sleep_for(milliseconds(5));
  gate.open();
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(served, 2);
  EXPECT_EQ(busy, 2);
}

TEST(Http, RefusesBodiesBeyondTheMemoryLimit) {
  Route route = echo({PeerRole::kNone});
  route.max_body_bytes = 1 << 20;
  const auto server =
      start({route}, [](ServerOptions& options) { options.max_body_bytes_in_flight = 2048; });
  const auto caller = client(*server, deployment().nameless());
  const std::string fits((64 << 10) + 2048, 'x');  // the first 64 KiB are not counted
  EXPECT_EQ(post(*caller, "/v1/echo/x", fits + 'x').error().rule, "http.busy");
  EXPECT_TRUE(post(*caller, "/v1/echo/x", fits).ok());
  EXPECT_TRUE(post(*caller, "/v1/echo/x", fits).ok());
}

TEST(Http, StopLetsARunningRequestEnd) {
  Gate gate;
  const auto server = start({gated(gate)});
  Result<Bytes> answer = Bytes{};
  std::thread caller(
      [&] { answer = post(*client(*server, deployment().nameless()), "/v1/wait", ""); });
  gate.await(1);
  std::thread stopper([&] { server->stop(seconds(10)); });
  std::this_thread::sleep_for(milliseconds(200));
  const auto late = post(*client(*server, deployment().nameless()), "/v1/wait", "");
  EXPECT_EQ(late.error().code, ErrorCode::kUnreachable);
  gate.open();
  caller.join();
  stopper.join();
  EXPECT_EQ(text(answer), "{}");
}

TEST(Http, StopDoesNotWaitLongerThanItsGrace) {
  Gate gate;
  auto server = start({gated(gate)});
  Result<Bytes> answer = Bytes{};
  std::thread caller(
      [&] { answer = post(*client(*server, deployment().nameless()), "/v1/wait", ""); });
  gate.await(1);
  const auto before = std::chrono::steady_clock::now();
  server->stop(seconds(1));
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
  caller.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnreachable) << text(answer);
  gate.open();
}

TEST(Http, TellsAnUnreachableServer) {
  auto server = start({echo({PeerRole::kNone})});
  const auto caller = client(*server, deployment().nameless());
  ASSERT_TRUE(post(*caller, "/v1/echo/x", "").ok());
  server->stop(seconds(1));
  server.reset();
  const auto answer = post(*caller, "/v1/echo/x", "");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnreachable) << text(answer);
}

TEST(Http, TellsAnAddressThatIsTaken) {
  const auto server = start({echo({PeerRole::kNone})});
  ServerOptions options;
  options.listen = server->url().substr(8);
  options.identity = deployment().identity(PeerRole::kCloud);
  const auto second = HttpServer::start(std::move(options));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kLocalIo);
}

TEST(Http, ServesManyClientsAtOnce) {
  const auto server = start({echo({PeerRole::kResearcher})});
  const TlsIdentity identity = deployment().identity(PeerRole::kResearcher);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&, t] {
      const auto caller = client(*server, identity);
      for (int i = 0; i < 20; ++i) {
        const std::string body = std::to_string(t) + "." + std::to_string(i);
        if (text(post(*caller, "/v1/echo/x", body)) == "x|peer one|researcher|" + body) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 240);
}

}  // namespace
}  // namespace cryptonet::net
