// SPDX-License-Identifier: Apache-2.0
// Everything here waits with a limit: for the first byte and the handshake, for a whole header, for
// bodies and answers that must move.
#include "net/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/core/demangle.hpp>
#include <typeinfo>

#include "net/error_body.h"
#include "net/in_process.h"
#include "net/tls.h"

namespace cryptonet::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using base::Error;
using base::ErrorCode;
using base::Result;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using BytesBody = http::vector_body<std::uint8_t>;
using RequestParser = http::request_parser<BytesBody>;
using State = Connections::Guest::State;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeaderBytes = 16 * 1024;
constexpr std::size_t kBufferBytes = 128 * 1024;
constexpr std::size_t kSkippedBytes = 16 * 1024;
/// What the system may hold of answers that a peer does not read; by itself it takes megabytes.
constexpr int kSendBufferBytes = 256 * 1024;
constexpr std::chrono::seconds kLingerTime{2};
/// Whoever asks too often is not read for this long, or each refusal would cost as much as an
/// answer.
constexpr std::chrono::milliseconds kPauseAfterTooMany{500};
/// Whoever goes on nevertheless, or never reads what it is told, loses the connection.
constexpr int kMostRefusals = 16;
/// A handshake begins only while the network thread keeps up: whoever is connected goes first.
constexpr std::chrono::milliseconds kMostLag{10};
constexpr std::chrono::milliseconds kPauseForLag{20};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

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
  } catch (const std::exception& error) {  // its text may quote the body: the type must do
    return Error(ErrorCode::kInternal, "http.handler",
                 "the handler threw " + boost::core::demangle(typeid(error).name()));
  } catch (...) {
    return Error(ErrorCode::kInternal, "http.handler", "the handler threw something");
  }
}

bool is_syntax_error(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

Error broken_off() {
  return Error(ErrorCode::kUnreachable, "http.broken_off", "the client broke off");
}

RequestHead head_of(const RequestParser& parser) {
  const auto& header = parser.get();
  RequestHead head;
  head.method = {header.method_string().data(), header.method_string().size()};
  head.target = {header.target().data(), header.target().size()};
  if (const auto length = parser.content_length()) head.content_length = *length;
  head.chunked = parser.chunked();
  return head;
}

/// The whole request, once its body was read.
Result<HttpRequest> request_of(RequestParser& parser, const RouteMatch& match, const Peer& peer) {
  auto& message = parser.get();
  Result<Target> target =
      parse_target(std::string_view(message.target().data(), message.target().size()));
  if (!target.ok()) return target.take_error();
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
  request.peer = peer;
  return request;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ServerParts& server, Tcp::socket socket, asio::ssl::context& tls, std::string address)
      : server_(server),
        stream_(std::move(socket), tls),
        guest_(server.connections, std::move(address), [this] { tcp().close(); }) {}
  asio::awaitable<void> run();

 private:
  /// What became of one request.
  struct Outcome {
    Result<HttpResponse> answer = HttpResponse{};
    bool body_was_read = false;
    bool broken_off = false;
  };
  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }
  asio::awaitable<bool> wait_for_turn();
  asio::awaitable<bool> serve_one();
  asio::awaitable<Outcome> answer_one(RequestParser& parser, const RouteMatch& match,
                                      AnswerRecord& record);
  asio::awaitable<bool> skip_body(RequestParser& parser);
  asio::awaitable<Result<HttpRequest>> read_body(RequestParser& parser, const RouteMatch& match,
                                                 BodyBudget::Share& share);
  asio::awaitable<Result<HttpResponse>> run_handler(HttpRequest request, const Route& route);
  asio::awaitable<bool> write_answer(HttpResponse answer, bool keep_alive);
  asio::awaitable<void> pause(Clock::duration time);
  asio::awaitable<void> linger();

  ServerParts& server_;
  TlsStream stream_;
  beast::flat_buffer buffer_{kBufferBytes};
  Connections::Guest guest_;
  int refusals_ = 0;  ///< 429s in a row
};

/// Waits until the first bytes are there, so that silence costs nobody a turn, and then for a turn.
asio::awaitable<bool> Session::wait_for_turn() {
  asio::steady_timer limit(server_.io, server_.options.handshake_timeout);
  limit.async_wait([self = shared_from_this()](const error_code& stopped) {
    if (!stopped) self->tcp().close();
  });
  auto [silent] = co_await tcp().socket().async_wait(Tcp::socket::wait_read, kAwait);
  limit.cancel();
  if (silent) co_return false;
  if (!server_.entrance.admit_handshake(guest_.peer().address)) {
    ++server_.refused_address;
    co_return false;
  }
  const auto turn = server_.entrance.handshake_pause();
  if (turn > server_.options.handshake_timeout) co_return false;
  if (turn > Clock::duration::zero()) co_await pause(turn);
  const auto deadline = Clock::now() + server_.options.handshake_timeout;
  while (!guest_.closing() && Clock::now() < deadline) {
    const auto asked = Clock::now();
    co_await asio::post(server_.io, asio::use_awaitable);
    if (Clock::now() - asked < kMostLag) co_return !guest_.closing();
    co_await pause(kPauseForLag);
  }
  co_return false;
}

asio::awaitable<void> Session::pause(Clock::duration time) {
  asio::steady_timer timer(server_.io, time);
  co_await timer.async_wait(kAwait);
}

asio::awaitable<void> Session::run() {
  if (!co_await wait_for_turn()) co_return;
  error_code ignored;
  tcp().socket().set_option(Tcp::no_delay(true), ignored);
  tcp().socket().set_option(Tcp::socket::send_buffer_size(kSendBufferBytes), ignored);
  tcp().expires_after(server_.options.handshake_timeout);
  auto [failed] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
  Result<Peer> peer = failed ? broken_off() : read_peer(stream_.native_handle());
  if (!peer.ok()) {
    ++server_.handshakes_failed;
    co_return;
  }
  ++server_.handshakes;
  bool go_on = guest_.prove(std::move(*peer));
  while (go_on) {
    go_on = co_await serve_one();
    guest_.becomes(State::kWaiting);
    if (server_.stopping) server_.on_idle();
  }
  tcp().expires_after(kLingerTime);
  co_await stream_.async_shutdown(kAwait);
}

asio::awaitable<bool> Session::serve_one() {
  RequestParser parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(boost::none);
  tcp().expires_after(guest_.proven() ? server_.options.idle_timeout
                                      : server_.options.handshake_timeout);
  auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
  if (error && !is_syntax_error(error)) co_return false;
  guest_.becomes(State::kReading);
  const auto started = Clock::now();
  Result<RouteMatch> match =
      error ? malformed_request() : server_.entrance.admit(head_of(parser), guest_.peer());
  if (match.ok() && server_.stopping && match->route->lane != Lane::kProbe &&
      match->route->lane != Lane::kInline) {
    match = stopping_server();
  }
  AnswerRecord record;
  record.method = error ? "-" : std::string(parser.get().method_string());
  record.pattern = match.ok() ? match->route->pattern : "-";
  record.peer = guest_.peer();
  Outcome outcome;
  if (match.ok()) {
    outcome = co_await answer_one(parser, *match, record);
  } else {
    outcome.answer = match.take_error();
    outcome.body_was_read = !error && co_await skip_body(parser);
  }
  if (outcome.broken_off) co_return false;
  if (!outcome.answer.ok()) {
    record.rule = outcome.answer.error().rule;
    record.withheld = withheld_of(outcome.answer.error());
    outcome.answer = error_response(outcome.answer.error());
  }
  record.status = outcome.answer->status;
  record.bytes_out = outcome.answer->body.size();
  refusals_ = record.status == 429 ? refusals_ + 1 : 0;
  const bool keep_alive = outcome.body_was_read && !server_.stopping && parser.keep_alive() &&
                          refusals_ < kMostRefusals;
  const bool written = co_await write_answer(std::move(*outcome.answer), keep_alive);
  record.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  if (server_.options.on_answer) server_.options.on_answer(record);
  if (written && !outcome.body_was_read) co_await linger();
  if (written && keep_alive && record.status == 429) co_await pause(kPauseAfterTooMany);
  co_return written&& keep_alive;
}

asio::awaitable<Session::Outcome> Session::answer_one(RequestParser& parser,
                                                      const RouteMatch& match,
                                                      AnswerRecord& record) {
  Outcome outcome;
  outcome.body_was_read = parser.is_done();
  BodyBudget::Share share(server_.entrance.bodies(), owner_of_bytes(guest_.peer()));
  Result<HttpRequest> request = co_await read_body(parser, match, share);
  if (!request.ok()) {
    parser.get().body() = {};  // the answer may take its time
    outcome.broken_off = request.error().rule == "http.broken_off";
    outcome.answer = request.take_error();
    co_return outcome;
  }
  outcome.body_was_read = true;
  record.bytes_in = request->body.size();
  outcome.answer = co_await run_handler(std::move(*request), *match.route);
  co_return outcome;
}

/// Reads the body of a refused request away when it is small, so that the connection can be kept: a
/// new handshake would cost both ends more.
asio::awaitable<bool> Session::skip_body(RequestParser& parser) {
  if (parser.is_done()) co_return true;
  const auto length = parser.content_length();
  if (!guest_.proven() || !length || *length > kSkippedBytes) co_return false;
  if (!parser.get()[http::field::expect].empty()) co_return false;
  parser.body_limit(kSkippedBytes);
  tcp().expires_after(server_.options.transfer_timeout);
  while (!parser.is_done()) {
    auto [error, size] = co_await http::async_read_some(stream_, buffer_, parser, kAwait);
    if (error) co_return false;
  }
  co_return true;
}

/// Beast reserves the announced length of a body at once. That is address space: memory is what has
/// been written, and that is what the share counts. A body without a length grows by copies, of
/// which this thread makes one at a time.
asio::awaitable<Result<HttpRequest>> Session::read_body(RequestParser& parser,
                                                        const RouteMatch& match,
                                                        BodyBudget::Share& share) {
  Pace pace(tcp(), server_.options.transfer_timeout);
  if (!parser.is_done()) {
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      auto [failed, sent] = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
      if (failed) co_return broken_off();
    }
    parser.body_limit(match.route->max_body_bytes);
    while (!parser.is_done()) {
      auto [error, size] = co_await http::async_read_some(stream_, buffer_, parser, kAwait);
      if (error == http::error::body_limit) co_return too_large(match.route->max_body_bytes);
      if (is_syntax_error(error)) co_return malformed_request();
      if (error) co_return broken_off();
      if (!share.grow_to(parser.get().body().size())) co_return busy_server();
      pace.moved(size);
    }
  }
  co_return request_of(parser, match, guest_.peer());
}

asio::awaitable<Result<HttpResponse>> Session::run_handler(HttpRequest request,
                                                           const Route& route) {
  if (route.lane == Lane::kInline) co_return call_handler(route.handler, request);
  auto pending = std::make_shared<Pending>(server_.io);
  pending->request = std::move(request);
  const bool probe = route.lane == Lane::kProbe;
  WorkerPool& pool = probe ? server_.probes : server_.workers;
  const bool queued = pool.submit(
      owner_of(guest_.peer()),
      [&io = server_.io, pending, &route] {
        pending->answer = call_handler(route.handler, pending->request);
        // Posted, so it runs only after the wait below has begun, however fast the handler was.
        asio::post(io, [pending] { pending->done.cancel(); });
      },
      probe ? Lane::kWork : route.lane);
  if (!queued) co_return busy_server();
  guest_.becomes(State::kHandling);
  co_await pending->done.async_wait(kAwait);
  guest_.becomes(State::kReading);
  if (!pending->answer.has_value()) co_return busy_server();
  co_return std::move(*pending->answer);
}

asio::awaitable<bool> Session::write_answer(HttpResponse answer, bool keep_alive) {
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
  Pace pace(tcp(), server_.options.transfer_timeout);
  http::response_serializer<BytesBody> rest(message);
  while (!rest.is_done()) {
    auto [error, size] = co_await http::async_write_some(stream_, rest, kAwait);
    if (error) co_return false;
    pace.moved(size);
  }
  co_return true;
}

/// Reads on for a moment after an early answer, or the reset that follows a close would take the
/// answer away from a client that is still sending.
asio::awaitable<void> Session::linger() {
  tcp().expires_after(kLingerTime);
  std::vector<std::uint8_t> scratch(64 * 1024);
  bool more = true;
  while (more) {
    auto [error, size] = co_await stream_.async_read_some(asio::buffer(scratch), kAwait);
    more = !error;
  }
}

}  // namespace

asio::awaitable<void> serve_connection(ServerParts& server, Tcp::socket socket,
                                       asio::ssl::context& tls, std::string address) {
  try {
    const auto session =
        std::make_shared<Session>(server, std::move(socket), tls, std::move(address));
    co_await session->run();
  } catch (...) {
    // Out of memory, or a fault of the libraries: this connection ends, the others go on.
  }
  if (server.stopping) server.on_idle();
}

HttpResponse answer_in_process(const std::vector<Route>& routes, const Peer& peer,
                               std::string_view bytes) {
  ServerOptions options;
  options.routes = routes;
  const Entrance entrance(options);
  RequestParser parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(boost::none);
  error_code error;
  const std::size_t header = parser.put(asio::buffer(bytes), error);
  if (error || !parser.is_header_done()) return error_response(malformed_request());
  Result<RouteMatch> match = entrance.route(head_of(parser), peer);
  if (!match.ok()) return error_response(match.error());
  parser.body_limit(match->route->max_body_bytes);
  parser.eager(true);
  if (!parser.is_done()) parser.put(asio::buffer(bytes.substr(header)), error);
  if (error == http::error::body_limit) {
    return error_response(too_large(match->route->max_body_bytes));
  }
  if (error && error != http::error::need_more) return error_response(malformed_request());
  if (!parser.is_done()) return error_response(broken_off());
  Result<HttpRequest> request = request_of(parser, *match, peer);
  if (!request.ok()) return error_response(request.error());
  Result<HttpResponse> answer = call_handler(match->route->handler, *request);
  return answer.ok() ? std::move(*answer) : error_response(answer.error());
}

}  // namespace cryptonet::net
