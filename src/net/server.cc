// SPDX-License-Identifier: Apache-2.0
// The server: one network thread accepts and runs every connection as a coroutine (session.cc);
// handlers run on the worker pool. All members below are touched by the network thread only, but
// for the ones that stop() posts to it.
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "net/session.h"
#include "net/tls.h"

namespace cryptonet::net {
namespace {

namespace asio = boost::asio;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{100};
/// Descriptors for all that is no connection: state, uploads, logs, connections to the cloud.
constexpr rlim_t kOtherDescriptors = 256;

class Server final : public HttpServer {
 public:
  Server(ServerOptions options, SSL_CTX* tls)
      : tls_(tls), parts_(std::move(options)), acceptor_(parts_.io) {
    parts_.on_idle = [this] { finish_when_idle(); };
  }
  ~Server() override { stop(std::chrono::seconds(0)); }

  Status open(const HostPort& address);
  std::string url() const override { return url_; }
  ServerFigures figures() const override;
  void stop(std::chrono::seconds grace) override;

 private:
  asio::awaitable<void> accept_loop();
  void run_network();
  void finish_when_idle();

  // Destroyed from the last to the first: the parts with their workers before what they use.
  asio::ssl::context tls_;
  std::string url_;
  std::once_flag stopped_;
  std::promise<void> finished_;
  ServerParts parts_;
  Tcp::acceptor acceptor_;
  std::thread thread_;
};

Status Server::open(const HostPort& address) {
  error_code error;
  const auto failed = [&](const char* operation) {
    return Error(
        ErrorCode::kLocalIo, "http.listen",
        std::string(operation) + " " + host_port_text(address) + " failed: " + error.message(),
        "give another --listen address; port 0 asks for a free one");
  };
  const asio::ip::address ip = asio::ip::make_address(address.host, error);
  if (error) {
    return Error(ErrorCode::kUsage, "http.listen",
                 "the address to listen on must be a numeric IP address and a port",
                 "for example 127.0.0.1:4443 or 0.0.0.0:4443");
  }
  const Tcp::endpoint endpoint(ip, address.port);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed("opening a socket for");
  acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (error) return failed("setting up a socket for");
  acceptor_.bind(endpoint, error);
  if (error) return failed("binding to");
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listening on");
  const std::uint16_t port = acceptor_.local_endpoint(error).port();
  if (error) return failed("listening on");
  url_ = "https://" + host_port_text(HostPort{address.host, port});
  asio::co_spawn(parts_.io, accept_loop(), asio::detached);
  thread_ = std::thread([this] {
    run_network();
    finished_.set_value();
  });
  return base::ok();
}

ServerFigures Server::figures() const {
  const Connections::Figures connected = parts_.connections.figures();
  const WorkerPool::Load load = parts_.workers.load();
  ServerFigures figures;
  figures.connections = connected.open;
  figures.strangers = connected.strangers;
  figures.queued = load.queued;
  figures.running = load.running;
  figures.handshakes = parts_.handshakes;
  figures.handshakes_failed = parts_.handshakes_failed;
  figures.closed_to_make_room = connected.closed_to_make_room;
  figures.refused_full = connected.refused_full;
  figures.refused_certificate = connected.refused_certificate;
  figures.refused_address = parts_.refused_address;
  return figures;
}

/// Called on the network thread when the server stops, and again after each request that ends.
void Server::finish_when_idle() {
  if (parts_.connections.at_work() > 0) return;
  error_code ignored;
  acceptor_.close(ignored);
  parts_.connections.close_idle();
}

void Server::stop(std::chrono::seconds grace) {
  std::call_once(stopped_, [&] {
    if (!thread_.joinable()) return;
    asio::post(parts_.io, [this] {
      parts_.stopping = true;
      finish_when_idle();
    });
    finished_.get_future().wait_for(grace);
    parts_.io.stop();
    thread_.join();
    parts_.connections.close_all();
  });
}

void Server::run_network() {
  while (true) {
    try {
      parts_.io.run();
      return;
    } catch (...) {
      // Out of memory while accepting: the next round goes on where this one was broken off.
      if (acceptor_.is_open()) asio::co_spawn(parts_.io, accept_loop(), asio::detached);
    }
  }
}

asio::awaitable<void> Server::accept_loop() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!acceptor_.is_open()) co_return;
    if (error) {  // out of descriptors, most likely: wait for some to come back
      asio::steady_timer pause(parts_.io, kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    error_code gone;
    const std::string address = socket.remote_endpoint(gone).address().to_string();
    if (gone) continue;
    if (!parts_.connections.admit(address)) continue;
    asio::co_spawn(parts_.io, serve_connection(parts_, std::move(socket), tls_, address),
                   asio::detached);
  }
}

/// Connections need descriptors: as many as the system lets us have.
Status raise_descriptors(std::size_t connections) {
  const rlim_t wanted = static_cast<rlim_t>(connections) + kOtherDescriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return base::ok();
  const rlim_t allowed = limit.rlim_max;
  if (allowed >= wanted) {
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return base::ok();
  }
  return Error(ErrorCode::kLocalIo, "http.descriptors",
               std::to_string(connections) + " connections need " + std::to_string(wanted) +
                   " open files, and this process may have " + std::to_string(allowed),
               "raise the limit (ulimit -n, LimitNOFILE of the service), or allow fewer "
               "connections: --max-connections");
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options) {
  CN_ASSIGN(const HostPort address, parse_host_port(options.listen));
  CN_ASSIGN(TlsContextHandle tls, make_tls_context(options.identity, TlsEnd::kServer));
  CN_RETURN_IF_ERROR(raise_descriptors(options.max_connections));
  try {
    auto server = std::make_unique<Server>(std::move(options), tls.release());
    CN_RETURN_IF_ERROR(server->open(address));
    return std::unique_ptr<HttpServer>(std::move(server));
  } catch (const std::exception& failure) {
    return Error(ErrorCode::kInternal, "http.start",
                 std::string("the server cannot be set up: ") + failure.what());
  }
}

}  // namespace cryptonet::net
