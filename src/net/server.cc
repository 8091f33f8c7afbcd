// SPDX-License-Identifier: Apache-2.0
// The server: one network thread runs every connection as a coroutine; handlers run on the worker
// pool. All members below are touched by the network thread only, but for the ones that stop()
// posts to it.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "net/body_budget.h"
#include "net/target.h"
#include "net/tls.h"
#include "net/worker_pool.h"

namespace cryptonet::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using BytesBody = http::vector_body<std::uint8_t>;
using RequestParser = http::request_parser<BytesBody>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeaderBytes = 16 * 1024;
constexpr std::size_t kBufferBytes = 128 * 1024;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// One connection.
struct Session {
  Session(Tcp::socket socket, asio::ssl::context& tls) : stream(std::move(socket), tls) {}
  bool proven() const { return peer.role != PeerRole::kNone; }
  /// Whether it may be closed to make room: what waits for its peer, and of strangers all but what
  /// is being handled.
  bool may_go() const { return !closing && (proven() ? !busy : !handling); }
  TlsStream stream;
  beast::flat_buffer buffer{kBufferBytes};
  Peer peer;
  Clock::time_point waiting_since = Clock::now();
  bool busy = false;      ///< between the header of a request and the end of its answer
  bool handling = false;  ///< its request is with a worker
  bool closing = false;
};

/// The name under which a peer's requests and bytes are counted.
std::string owner_of(const Peer& peer) {
  if (peer.role == PeerRole::kNone) return peer.address;
  return std::string(base::text_of(peer.certificate_hash));
}

/// Gives a transfer `timeout` more each time that it has moved by what the slowest peer may take
/// for that.
class Pace {
 public:
  Pace(beast::tcp_stream& tcp, std::chrono::seconds timeout)
      : tcp_(tcp),
        timeout_(timeout),
        step_(static_cast<std::size_t>(timeout.count()) * kSlowestBytesPerSecond) {
    tcp_.expires_after(timeout_);
  }
  void moved(std::size_t bytes) {
    since_ += bytes;
    if (since_ < step_) return;
    since_ = 0;
    tcp_.expires_after(timeout_);
  }

 private:
  beast::tcp_stream& tcp_;
  std::chrono::seconds timeout_;
  std::size_t step_;
  std::size_t since_ = 0;
};

/// One request on its way through a worker.
struct Pending {
  explicit Pending(asio::io_context& io) : done(io, Clock::time_point::max()) {}
  asio::steady_timer done;
  HttpRequest request;
  std::optional<Result<HttpResponse>> answer;
};

Result<HttpResponse> call_handler(const Handler& handler, const HttpRequest& request) {
  try {
    return handler(request);
  } catch (...) {
    return Error(ErrorCode::kInternal, "http.handler", "the request failed inside the server");
  }
}

bool is_syntax_error(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

Error malformed_request() {
  return Error(ErrorCode::kBadInput, "http.malformed",
               "the request is not well-formed HTTP/1.1, or its header is over 16 KiB");
}

Error too_large(std::size_t limit) {
  return Error(ErrorCode::kBadInput, "http.too_large",
               "the body of this request may have at most " + std::to_string(limit) + " bytes");
}

Error busy_server() {
  return Error(ErrorCode::kUnreachable, "http.busy", "the server has too much to do at the moment",
               "try again in a few seconds");
}

class Server final : public HttpServer {
 public:
  Server(ServerOptions options, SSL_CTX* tls)
      : options_(std::move(options)),
        tls_(tls),
        bodies_({options_.max_body_bytes_in_flight, options_.max_body_bytes_per_peer}),
        acceptor_(io_),
        workers_({options_.worker_threads, options_.max_queued_requests,
                  options_.max_queued_requests_per_peer}) {}
  ~Server() override { stop(std::chrono::seconds(0)); }

  Status open(const HostPort& address);
  std::string url() const override { return url_; }
  void stop(std::chrono::seconds grace) override;

 private:
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> serve(std::shared_ptr<Session> session);
  asio::awaitable<bool> serve_one(Session& session);
  asio::awaitable<Result<HttpRequest>> read_body(Session& session, RequestParser& parser,
                                                 const RouteMatch& match);
  asio::awaitable<Result<HttpResponse>> run_handler(Session& session, HttpRequest request,
                                                    const Route& route);
  asio::awaitable<bool> write_answer(Session& session, HttpResponse answer, bool keep_alive);
  asio::awaitable<void> linger(Session& session);
  Result<RouteMatch> admit(const Session& session, const RequestParser& parser) const;
  std::size_t body_bytes_to_reserve(const RequestParser& parser, const Route& route) const;
  bool make_room();
  bool has_too_many(const Session& session) const;
  void run_network();
  void close_idle();

  // Destroyed from the last to the first: workers, then everything that the coroutines refer to.
  ServerOptions options_;
  asio::ssl::context tls_;
  std::string url_;
  std::set<Session*> sessions_;
  BodyBudget bodies_;
  bool stopping_ = false;
  std::once_flag stopped_;
  std::promise<void> finished_;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::thread thread_;
  WorkerPool workers_;
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
  asio::co_spawn(io_, accept_loop(), asio::detached);
  thread_ = std::thread([this] {
    run_network();
    finished_.set_value();
  });
  return base::ok();
}

void Server::stop(std::chrono::seconds grace) {
  std::call_once(stopped_, [&] {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      close_idle();
    });
    finished_.get_future().wait_for(grace);
    io_.stop();
    thread_.join();
    for (Session* session : sessions_) beast::get_lowest_layer(session->stream).close();
  });
}

void Server::run_network() {
  while (true) {
    try {
      io_.run();
      return;
    } catch (...) {
      // Out of memory while accepting: the next round goes on where this one was broken off.
      if (!stopping_) asio::co_spawn(io_, accept_loop(), asio::detached);
    }
  }
}

void Server::close_idle() {
  for (Session* session : sessions_) {
    if (!session->busy) beast::get_lowest_layer(session->stream).close();
  }
}

/// Closes the connection that can best be spared; false when there is none.
bool Server::make_room() {
  Session* spare = nullptr;
  for (Session* session : sessions_) {
    if (!session->may_go()) continue;
    const auto rank = [](const Session& one) { return std::pair(one.proven(), one.waiting_since); };
    if (spare == nullptr || rank(*session) < rank(*spare)) spare = session;
  }
  if (spare == nullptr) return false;
  spare->closing = true;  // its coroutine ends soon and takes it out of the set
  beast::get_lowest_layer(spare->stream).close();
  return true;
}

bool Server::has_too_many(const Session& session) const {
  if (!session.proven()) return false;
  const auto same = std::count_if(sessions_.begin(), sessions_.end(), [&](const Session* other) {
    return other->proven() && other->peer.certificate_hash == session.peer.certificate_hash;
  });
  return static_cast<std::size_t>(same) > options_.max_connections_per_certificate;
}

asio::awaitable<void> Server::accept_loop() {
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (stopping_) co_return;
    if (error) {  // out of descriptors, most likely: wait for some to come back
      asio::steady_timer pause(io_, kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (sessions_.size() >= options_.max_connections && !make_room()) continue;
    auto session = std::make_shared<Session>(std::move(socket), tls_);
    asio::co_spawn(io_, serve(std::move(session)), asio::detached);
  }
}

asio::awaitable<void> Server::serve(std::shared_ptr<Session> session) {
  struct Registration {
    std::set<Session*>& sessions;
    Session* session;
    ~Registration() { sessions.erase(session); }
  };
  sessions_.insert(session.get());
  const Registration registration{sessions_, session.get()};
  try {
    auto& tcp = beast::get_lowest_layer(session->stream);
    error_code ignored;
    const Tcp::endpoint remote = tcp.socket().remote_endpoint(ignored);
    tcp.socket().set_option(Tcp::no_delay(true), ignored);
    tcp.expires_after(options_.handshake_timeout);
    auto [failed] =
        co_await session->stream.async_handshake(asio::ssl::stream_base::server, kAwait);
    if (failed) co_return;
    Result<Peer> peer = read_peer(session->stream.native_handle());
    if (!peer.ok()) co_return;
    session->peer = std::move(*peer);
    session->peer.address = remote.address().to_string();
    bool go_on = !has_too_many(*session);
    while (go_on && !stopping_) {
      session->waiting_since = Clock::now();
      go_on = co_await serve_one(*session);
      session->busy = false;
    }
    tcp.expires_after(kLingerTime);
    co_await session->stream.async_shutdown(kAwait);
  } catch (...) {
    // Out of memory, or a fault of the libraries: this connection ends, the others go on.
  }
}

asio::awaitable<bool> Server::serve_one(Session& session) {
  auto& tcp = beast::get_lowest_layer(session.stream);
  RequestParser parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(boost::none);
  tcp.expires_after(session.proven() ? options_.idle_timeout : options_.handshake_timeout);
  auto [error, size] =
      co_await http::async_read_header(session.stream, session.buffer, parser, kAwait);
  if (error && !is_syntax_error(error)) co_return false;
  session.busy = true;
  const auto started = Clock::now();
  Result<RouteMatch> match =
      error ? Result<RouteMatch>(malformed_request()) : admit(session, parser);
  AnswerRecord record;
  record.method = error ? "-" : std::string(parser.get().method_string());
  record.pattern = match.ok() ? match->route->pattern : "-";
  record.peer = session.peer;
  bool body_was_read = !error && parser.is_done();
  Result<HttpResponse> answer = HttpResponse{};
  if (!match.ok()) {
    answer = match.take_error();
  } else {
    const BodyBudget::Share share(bodies_, owner_of(session.peer),
                                  body_bytes_to_reserve(parser, *match->route));
    Result<HttpRequest> request = co_await read_body(session, parser, *match);
    if (request.ok()) {
      body_was_read = true;
      answer = co_await run_handler(session, std::move(*request), *match->route);
    } else {
      answer = request.take_error();
    }
    if (!answer.ok() && answer.error().rule == "http.broken_off") co_return false;
  }
  if (!answer.ok()) {
    record.rule = answer.error().rule;
    answer = error_response(answer.error());
  }
  record.status = answer->status;
  const bool keep_alive = body_was_read && !stopping_ && parser.keep_alive();
  const bool written = co_await write_answer(session, std::move(*answer), keep_alive);
  record.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);
  if (options_.on_answer) options_.on_answer(record);
  if (written && !body_was_read) co_await linger(session);
  co_return written&& keep_alive;
}

Result<RouteMatch> Server::admit(const Session& session, const RequestParser& parser) const {
  const auto& header = parser.get();
  const std::string_view target(header.target().data(), header.target().size());
  CN_ASSIGN(const Target parsed, parse_target(target));
  const std::string method(header.method_string());
  CN_ASSIGN(RouteMatch match, match_route(options_.routes, method, parsed));
  CN_RETURN_IF_ERROR(check_role(*match.route, session.peer));
  const auto length = parser.content_length();
  if (length && *length > match.route->max_body_bytes) {
    return too_large(match.route->max_body_bytes);
  }
  if (!bodies_.has_room(owner_of(session.peer), body_bytes_to_reserve(parser, *match.route))) {
    return busy_server();
  }
  return match;
}

std::size_t Server::body_bytes_to_reserve(const RequestParser& parser, const Route& route) const {
  if (parser.chunked()) return route.max_body_bytes;
  const auto length = parser.content_length();
  return length ? static_cast<std::size_t>(*length) : 0;
}

asio::awaitable<Result<HttpRequest>> Server::read_body(Session& session, RequestParser& parser,
                                                       const RouteMatch& match) {
  Pace pace(beast::get_lowest_layer(session.stream), options_.transfer_timeout);
  const Error broken_off(ErrorCode::kUnreachable, "http.broken_off", "the client broke off");
  if (!parser.is_done()) {
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      auto [failed, sent] =
          co_await asio::async_write(session.stream, asio::buffer(kContinue), kAwait);
      if (failed) co_return broken_off;
    }
    parser.body_limit(match.route->max_body_bytes);
    while (!parser.is_done()) {
      auto [error, size] =
          co_await http::async_read_some(session.stream, session.buffer, parser, kAwait);
      if (error == http::error::body_limit) co_return too_large(match.route->max_body_bytes);
      if (is_syntax_error(error)) co_return malformed_request();
      if (error) co_return broken_off;
      pace.moved(size);
    }
  }
  auto& message = parser.get();
  Result<Target> target =
      parse_target(std::string_view(message.target().data(), message.target().size()));
  if (!target.ok()) co_return target.take_error();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.path = std::move(target->path);
  request.path_parameters = match.parameters;
  request.query = std::move(target->query);
  request.content_type = std::string(message[http::field::content_type]);
  request.bearer = bearer_of(std::string(message[http::field::authorization]));
  request.cookie = std::string(message[http::field::cookie]);
  request.origin = std::string(message[http::field::origin]);
  request.body = std::move(message.body());
  request.peer = session.peer;
  co_return request;
}

asio::awaitable<Result<HttpResponse>> Server::run_handler(Session& session, HttpRequest request,
                                                          const Route& route) {
  auto pending = std::make_shared<Pending>(io_);
  pending->request = std::move(request);
  const bool queued = workers_.submit(owner_of(session.peer), [this, pending, &route] {
    pending->answer = call_handler(route.handler, pending->request);
    // Posted, so it runs only after the wait below has begun, however fast the handler was.
    asio::post(io_, [pending] { pending->done.cancel(); });
  });
  if (!queued) co_return busy_server();
  session.handling = true;
  co_await pending->done.async_wait(kAwait);
  session.handling = false;
  if (!pending->answer.has_value()) co_return busy_server();
  co_return std::move(*pending->answer);
}

asio::awaitable<bool> Server::write_answer(Session& session, HttpResponse answer, bool keep_alive) {
  http::response<BytesBody> message;
  message.version(11);
  message.result(static_cast<unsigned>(answer.status));
  message.set(http::field::content_type, answer.content_type);
  message.set(http::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) message.insert(name, value);
  message.body() = std::move(answer.body);
  message.keep_alive(keep_alive);
  message.prepare_payload();
  Pace pace(beast::get_lowest_layer(session.stream), options_.transfer_timeout);
  http::response_serializer<BytesBody> rest(message);
  while (!rest.is_done()) {
    auto [error, size] = co_await http::async_write_some(session.stream, rest, kAwait);
    if (error) co_return false;
    pace.moved(size);
  }
  co_return true;
}

/// Reads on for a moment after an early answer, or the reset that follows a close would take the
/// answer away from a client that is still sending.
asio::awaitable<void> Server::linger(Session& session) {
  beast::get_lowest_layer(session.stream).expires_after(kLingerTime);
  std::vector<std::uint8_t> scratch(64 * 1024);
  bool more = true;
  while (more) {
    auto [error, size] = co_await session.stream.async_read_some(asio::buffer(scratch), kAwait);
    more = !error;
  }
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options) {
  CN_ASSIGN(const HostPort address, parse_host_port(options.listen));
  CN_ASSIGN(TlsContextHandle tls, make_tls_context(options.identity, TlsEnd::kServer));
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
