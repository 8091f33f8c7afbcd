// SPDX-License-Identifier: Apache-2.0
// The client: each request runs a coroutine on the caller's own thread, watched for its deadline
// and for Ctrl-C. After any failure the connection is thrown away.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <thread>

#include "base/stop.h"
#include "net/error_body.h"
#include "net/target.h"
#include "net/tls.h"

namespace cryptonet::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<Tcp::socket>;
using Message = http::request<http::span_body<const std::uint8_t>>;
using Serializer = http::request_serializer<http::span_body<const std::uint8_t>>;
using AnswerParser = http::response_parser<http::vector_body<std::uint8_t>>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kWatchInterval{50};
constexpr int kTooManyRequests = 429;
/// Larger bodies wait for the server's word before they are sent, so a refusal arrives whole.
constexpr std::size_t kExpectAboveBytes = 256 * 1024;
/// Servers close idle connections after a minute; an older one is not worth trying.
constexpr std::chrono::seconds kMaxIdle{45};

struct Connection {
  explicit Connection(asio::ssl::context& tls) : stream(io, tls) {}
  asio::io_context io;
  TlsStream stream;
  beast::flat_buffer buffer{128 * 1024};
  Clock::time_point last_used = Clock::now();
  bool reused = false;
};

struct Answer {
  int status = 0;
  Bytes body;
  bool keep_alive = false;
};

/// What failed: `stale` when not one byte of an answer had come, so that a kept connection may
/// simply have been closed meanwhile.
struct Failure {
  Error error;
  bool stale = false;
};

struct Sending {
  const std::string& method;
  const std::string& path;
  ByteView body;
  const std::string& content_type;
};

class Client final : public HttpClient {
 public:
  Client(ClientOptions options, HostPort address, SSL_CTX* tls)
      : options_(std::move(options)), address_(std::move(address)), tls_(tls) {}

  void set_bearer(std::string token) override { bearer_ = std::move(token); }

  Result<Bytes> request(const std::string& method, const std::string& path, ByteView body,
                        const std::string& content_type) override {
    try {
      return request_unguarded(Sending{method, path, body, content_type});
    } catch (const std::exception& failure) {
      connection_.reset();
      return Error(ErrorCode::kInternal, "http.client",
                   std::string("the request failed inside the program: ") + failure.what());
    }
  }

 private:
  Result<Bytes> request_unguarded(const Sending& sending);
  Status connect();
  /// Nothing when it worked. (co_spawn wants results that can be built from nothing.)
  asio::awaitable<std::optional<Error>> open_connection();
  asio::awaitable<std::variant<Answer, Failure>> exchange(const Sending& sending);
  template <typename T>
  Result<T> run(asio::awaitable<T> work, std::chrono::seconds limit, const char* operation);
  Error broken(const std::string& operation, const error_code& error) const;
  std::string server_text() const {
    return "the " + std::string(role_name(options_.server_role)) + " at " +
           host_port_text(address_);
  }

  ClientOptions options_;
  HostPort address_;
  std::string bearer_;
  asio::ssl::context tls_;
  std::unique_ptr<Connection> connection_;
};

/// Whether the server's alert says that it does not take our certificate.
bool is_certificate_alert(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return true;
    default:
      return false;
  }
}

Error Client::broken(const std::string& operation, const error_code& error) const {
  if (error.category() == asio::error::get_ssl_category()) {
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      return Error(ErrorCode::kIntegrity, "tls.authority",
                   server_text() +
                       " shows a certificate that this deployment's authority did not "
                       "issue, or that has expired",
                   "check the URL; join again if the deployment was set up anew");
    }
    if (is_certificate_alert(reason)) {
      return Error(ErrorCode::kRefused, "tls.certificate",
                   server_text() + " does not accept our certificate: " + error.message(),
                   "join again with a valid enrolment file");
    }
  }
  return Error(ErrorCode::kUnreachable, "http.unreachable",
               operation + " " + server_text() + " failed: " + error.message(),
               "check that it is running and that the URL is right");
}

/// Runs `work` on this thread until it ends, the time is up or the user interrupts.
template <typename T>
Result<T> Client::run(asio::awaitable<T> work, std::chrono::seconds limit, const char* operation) {
  std::optional<T> result;
  std::exception_ptr thrown;
  const auto deadline = Clock::now() + limit;
  asio::io_context& io = connection_->io;
  io.restart();
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr exception, auto value) {
    thrown = exception;
    if (!exception) result.emplace(std::move(value));
  });
  while (!result.has_value() && !thrown) {
    io.run_for(kWatchInterval);
    if (result.has_value() || thrown) break;
    const bool late = Clock::now() >= deadline;
    if (!late && !base::stop_requested()) continue;
    connection_.reset();  // destroys the coroutine with it
    if (!late) return Error(ErrorCode::kInterrupted, "interrupted", "interrupted");
    return Error(ErrorCode::kUnreachable, "http.timeout",
                 std::string(operation) + " " + server_text() + " took longer than " +
                     std::to_string(limit.count()) + " seconds");
  }
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

asio::awaitable<std::optional<Error>> Client::open_connection() {
  Connection& connection = *connection_;
  Tcp::resolver resolver(connection.io);
  auto [unknown, endpoints] =
      co_await resolver.async_resolve(address_.host, std::to_string(address_.port), kAwait);
  if (unknown) co_return broken("finding", unknown);
  Tcp::socket& socket = connection.stream.next_layer();
  auto [refused, endpoint] = co_await asio::async_connect(socket, endpoints, kAwait);
  if (refused) co_return broken("connecting to", refused);
  error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  error_code not_numeric;
  asio::ip::make_address(address_.host, not_numeric);
  if (not_numeric) {
    SSL_set_tlsext_host_name(connection.stream.native_handle(), address_.host.c_str());
  }
  auto [failed] =
      co_await connection.stream.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (failed) co_return broken("TLS with", failed);
  Result<Peer> peer = read_peer(connection.stream.native_handle());
  if (!peer.ok() || peer->role != options_.server_role) {
    co_return Error(ErrorCode::kIntegrity, "tls.role",
                    "the server at " + host_port_text(address_) + " is not a " +
                        std::string(role_name(options_.server_role)) + " by its certificate",
                    "check the URL");
  }
  co_return std::nullopt;
}

Status Client::connect() {
  connection_ = std::make_unique<Connection>(tls_);
  CN_ASSIGN(std::optional<Error> failure,
            run(open_connection(), options_.connect_timeout, "connecting to"));
  if (!failure.has_value()) return base::ok();
  connection_.reset();
  return std::move(*failure);
}

asio::awaitable<std::variant<Answer, Failure>> Client::exchange(const Sending& sending) {
  TlsStream& stream = connection_->stream;
  beast::flat_buffer& buffer = connection_->buffer;
  Message message;
  message.version(11);
  message.method_string(sending.method);
  message.target(sending.path);
  message.set(http::field::host, host_port_text(address_));
  if (!sending.content_type.empty()) message.set(http::field::content_type, sending.content_type);
  if (!bearer_.empty()) message.set(http::field::authorization, "Bearer " + bearer_);
  message.body() = {sending.body.data(), sending.body.size()};
  message.content_length(sending.body.size());
  const bool asks_first = sending.body.size() > kExpectAboveBytes;
  if (asks_first) message.set(http::field::expect, "100-continue");
  Serializer serializer(message);
  serializer.split(true);
  error_code write_error;
  if (asks_first) {
    auto [error, size] = co_await http::async_write_header(stream, serializer, kAwait);
    write_error = error;
  } else {
    auto [error, size] = co_await http::async_write(stream, serializer, kAwait);
    write_error = error;
  }
  // After a failed write there may still be an answer, or the alert that explains it.
  std::optional<AnswerParser> parser;
  parser.emplace();
  parser->body_limit(options_.max_response_bytes);
  auto [early, early_size] = co_await http::async_read_header(stream, buffer, *parser, kAwait);
  error_code read_error = early;
  if (!read_error && asks_first && parser->get().result() == http::status::continue_) {
    auto [error, size] = co_await http::async_write(stream, serializer, kAwait);
    write_error = error;
    parser.emplace();
    parser->body_limit(options_.max_response_bytes);
    auto [late, late_size] = co_await http::async_read_header(stream, buffer, *parser, kAwait);
    read_error = late;
    if (read_error) co_return Failure{broken("the answer of", read_error), false};
  }
  if (read_error) {
    // A TLS alert tells more than a broken pipe.
    const bool alert = read_error.category() == asio::error::get_ssl_category();
    const error_code& reason = write_error && !alert ? write_error : read_error;
    co_return Failure{broken("asking", reason), !parser->got_some()};
  }
  if (!parser->is_done()) {
    auto [error, size] = co_await http::async_read(stream, buffer, *parser, kAwait);
    if (error == http::error::body_limit) {
      co_return Failure{Error(ErrorCode::kUnreachable, "http.answer_too_large",
                              "the answer of " + server_text() + " is larger than " +
                                  std::to_string(options_.max_response_bytes) + " bytes"),
                        false};
    }
    if (error) co_return Failure{broken("the answer of", error), false};
  }
  Answer answer;
  answer.status = static_cast<int>(parser->get().result_int());
  answer.keep_alive = parser->keep_alive() && !write_error;
  answer.body = std::move(parser->get().body());
  co_return answer;
}

/// Until the buckets of a server have filled a little (RFC 6585 4), or Ctrl-C.
Status wait_a_second() {
  const auto until = Clock::now() + std::chrono::seconds(1);
  while (Clock::now() < until) {
    CN_RETURN_IF_ERROR(base::check_stop());
    std::this_thread::sleep_for(kWatchInterval);
  }
  return base::ok();
}

Result<Bytes> Client::request_unguarded(const Sending& sending) {
  std::chrono::seconds waited{0};
  for (int attempt = 0;; ++attempt) {
    CN_RETURN_IF_ERROR(base::check_stop());
    if (connection_ && Clock::now() - connection_->last_used > kMaxIdle) connection_.reset();
    const bool reused = connection_ != nullptr;
    if (!reused) CN_RETURN_IF_ERROR(connect());
    CN_ASSIGN(auto outcome, run(exchange(sending), options_.request_timeout, "asking"));
    if (auto* failure = std::get_if<Failure>(&outcome)) {
      connection_.reset();
      if (reused && failure->stale && attempt == 0) continue;
      return std::move(failure->error);
    }
    Answer& answer = std::get<Answer>(outcome);
    if (answer.keep_alive) {
      connection_->last_used = Clock::now();
    } else {
      connection_.reset();
    }
    if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
    if (answer.status == kTooManyRequests && waited < options_.patience) {
      CN_RETURN_IF_ERROR(wait_a_second());
      ++waited;
      continue;
    }
    return error_from_answer(answer.status, answer.body, role_name(options_.server_role));
  }
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::create(ClientOptions options) {
  CN_ASSIGN(HostPort address, parse_url(options.url));
  if (options.server_role == PeerRole::kNone) {
    return Error(ErrorCode::kUsage, "http.server_role", "a client must say which role it expects");
  }
  CN_ASSIGN(TlsContextHandle tls, make_tls_context(options.identity, TlsEnd::kClient));
  return std::unique_ptr<HttpClient>(
      std::make_unique<Client>(std::move(options), std::move(address), tls.release()));
}

}  // namespace cryptonet::net
