// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over TLS 1.3 with certificates on both ends: a small server and a small client. Peers
// are known by their role in the certificate of the deployment's own authority, not by host names.
// Handlers run on worker threads and may block. Everything has a limit: header and body sizes,
// time, connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "net/token_buckets.h"

namespace cryptonet::net {

/// Who may be at an end of a connection. Stands in the certificate as URI
/// urn:cryptonet:role:<word>.
enum class PeerRole : std::uint8_t { kNone, kGatekeeper, kCloud, kContributor, kResearcher };
std::string_view role_name(PeerRole role);
PeerRole role_from_name(std::string_view name);

/// What the TLS layer proved about the other end. kNone: no client certificate was shown.
struct Peer {
  PeerRole role = PeerRole::kNone;
  std::string name;                 ///< the certificate's common name
  base::Digest certificate_hash{};  ///< SHA-256 of its DER form
  std::string address;              ///< remote address, for logs and limits
};

/// PEM texts of one end's own identity and of the authority that it trusts. The key is empty for a
/// client without a certificate (joining).
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_pem;
  std::string authority_pem;
};

struct HttpRequest {
  std::string method;
  std::string path;                          ///< without the query string, percent-decoded
  std::vector<std::string> path_parameters;  ///< what matched each {} of the route, in order
  std::map<std::string, std::string> query;
  std::string content_type;
  /// Of `Authorization: Bearer …`, as sent; empty without one. A secret: never in a log.
  std::string bearer;
  std::string cookie;  ///< the Cookie header, as sent; a secret like `bearer`
  std::string origin;  ///< the Origin header, which browsers send with what a page asks
  base::Bytes body;
  Peer peer;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  /// Further headers, such as Set-Cookie. Cache-Control is always no-store.
  std::vector<std::pair<std::string, std::string>> headers;
  base::Bytes body;
};
/// {"error":{code, rule, message, file, line, column, hint}} with the status that fits the code; a
/// rule that ends in "not_found" gives 404. A fault of the server's own (kLocalIo, kInternal) is
/// told in general words, and no error names a file: places on this machine's disk are for its log.
HttpResponse error_response(const base::Error& error);
HttpResponse json_response(std::string json);
HttpResponse octet_response(base::Bytes bytes);

using Handler = std::function<base::Result<HttpResponse>(const HttpRequest&)>;

/// What came of one request, for a log and for figures: no bodies, no query strings.
struct AnswerRecord {
  std::string method;
  std::string pattern;  ///< of the route; "-" when none matched
  int status = 0;
  std::string rule;  ///< of the error; empty when there was none
  /// What the peer was not told of the error: the words and the place of a fault of the server's
  /// own, the file of any other. Empty when that is nothing.
  std::string withheld;
  Peer peer;
  std::chrono::microseconds duration{0};
  std::size_t bytes_in = 0;   ///< of the body
  std::size_t bytes_out = 0;  ///< of the answer's body
};

/// Who runs the handler of a route.
enum class Lane : std::uint8_t {
  kWork,    ///< the workers
  kSignIn,  ///< a quarter of the workers: it waits for the few threads that hash; stricter rates
  kProbe,   ///< one thread of its own, also while the server stops: how is it?
  kInline   ///< the network thread, also while the server stops: it may not block at all
};

struct Route {
  std::string method;
  std::string pattern;  ///< "/v1/uploads/{}/segments/{}"
  /// Who may call it; kNone in the list: anybody, even without a certificate.
  std::vector<PeerRole> roles;
  std::size_t max_body_bytes = 64 * 1024;
  Handler handler;
  Lane lane = Lane::kWork;
};

/// "work", "sign_in", "probe" or "inline".
Lane lane_from_name(std::string_view name);

/// How often requests and handshakes may come. The deployment's own servers are not counted. The
/// defaults bear a room of people behind one address, and programs that ask without pause for a
/// while.
struct Rates {
  Rate person{50, 500};               ///< questions of one person, where people sign in
  Rate certificate{100, 1000};        ///< requests of one certificate
  Rate address{1000, 5000};           ///< requests of one address
  Rate stranger{50, 500};             ///< requests of one address without a certificate
  Rate sign_in{1, 60};                ///< sign-ins (Lane::kSignIn) of one certificate
  Rate sign_in_address{4, 240};       ///< sign-ins of one address
  Rate handshake_address{100, 2500};  ///< handshakes of one address; beyond them it is closed
  Rate handshake{500, 1000};          ///< handshakes of all; beyond them they wait for their turn
};

struct ServerOptions {
  std::string listen;  ///< "127.0.0.1:0"; port 0 asks for a free one
  TlsIdentity identity;
  std::vector<Route> routes;
  std::size_t worker_threads = 4;
  std::size_t max_queued_requests = 256;  ///< beyond them the answer is 503
  /// Of one peer (a certificate; an address where none is shown). A peer that has more gets 503;
  /// nobody holds more than three quarters of the worker threads.
  std::size_t max_queued_requests_per_peer = 32;
  /// Beyond them the connection that has waited longest for its peer is closed to make room, those
  /// without a certificate first; when every one is at work, the new one is closed.
  std::size_t max_connections = 2048;
  std::size_t max_connections_per_certificate = 256;  ///< beyond them a new one is closed
  /// Connections from one address that have shown no certificate (yet): beyond them the oldest is
  /// closed.
  std::size_t max_strangers_per_address = 256;
  Rates rates;
  /// What has arrived of the bodies of all requests that are being read or handled, but for the
  /// first 64 KiB of each; beyond them the answer is 503.
  std::size_t max_body_bytes_in_flight = std::size_t{2} << 30;
  /// The same for one peer: an enrolment, whatever its certificates; an address where none is
  /// shown. Its only body may have more while as much as this stays free for others.
  std::size_t max_body_bytes_per_peer = std::size_t{512} << 20;
  /// Time for a handshake, and for the header of a peer without a certificate.
  std::chrono::seconds handshake_timeout{10};
  /// Time for a whole header to arrive on an open connection.
  std::chrono::seconds idle_timeout{60};
  /// Time in which a body that arrives, or an answer that leaves, must move by as many seconds of
  /// kSlowestBytesPerSecond, or end.
  std::chrono::seconds transfer_timeout{20};
  /// Called after every answer, on the network thread: it must be quick. May be empty.
  std::function<void(const AnswerRecord&)> on_answer;
};
/// A peer slower than this is cut off.
inline constexpr std::size_t kSlowestBytesPerSecond = 64 * 1024;

/// How a server stands at this moment.
struct ServerFigures {
  std::size_t connections = 0;
  std::size_t strangers = 0;  ///< of them without a certificate
  std::size_t queued = 0;     ///< requests that wait for a worker
  std::size_t running = 0;    ///< requests that a worker has
  // Since the start:
  std::size_t handshakes = 0;
  std::size_t handshakes_failed = 0;
  std::size_t closed_to_make_room = 0;
  std::size_t refused_full = 0;
  std::size_t refused_certificate = 0;  ///< too many connections of one certificate
  std::size_t refused_address = 0;      ///< too many handshakes of one address
};

class HttpServer {
 public:
  /// Binds and starts to answer. kLocalIo when the address cannot be had; kBadInput for a bad
  /// identity.
  static base::Result<std::unique_ptr<HttpServer>> start(ServerOptions options);
  virtual ~HttpServer() = default;
  /// "https://127.0.0.1:4443" with the real port.
  virtual std::string url() const = 0;
  /// Any thread may ask.
  virtual ServerFigures figures() const = 0;
  /// Lets running requests end (at most `grace`) and meanwhile answers new ones with 503, but for
  /// probes; then closes every connection and returns. The destructor waits for handlers that still
  /// run: long ones ask base::check_stop().
  virtual void stop(std::chrono::seconds grace) = 0;
};

struct ClientOptions {
  std::string url;  ///< "https://host:port"
  TlsIdentity identity;
  PeerRole server_role = PeerRole::kNone;  ///< the server's certificate must carry this role;
                                           ///< kUsage when it is left out
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds request_timeout{300};
  /// How long one request may wait in all where the server says that it is asked too often (429).
  std::chrono::seconds patience{0};
  std::size_t max_response_bytes = 64 * 1024 * 1024;
};

/// One keep-alive connection, reopened when needed; one request at a time (not thread-safe).
class HttpClient {
 public:
  /// kUsage for a malformed URL; connects on the first request.
  static base::Result<std::unique_ptr<HttpClient>> create(ClientOptions options);
  virtual ~HttpClient() = default;
  /// From now on every request carries `Authorization: Bearer token`; empty: none does.
  virtual void set_bearer(std::string token) = 0;
  /// The body of a 2xx answer. `path` starts with '/', is percent-encoded and may hold a query. An
  /// error answer becomes the Error that the server meant (code and text: the server's word, never
  /// a proof of anything); what goes wrong on the way is kUnreachable; a server of the wrong role
  /// or authority is kIntegrity; a server that refuses our certificate is kRefused; Ctrl-C is
  /// kInterrupted. A request on a kept connection that the server had closed is sent once more, so
  /// every route must bear being asked twice.
  virtual base::Result<base::Bytes> request(const std::string& method, const std::string& path,
                                            base::ByteView body,
                                            const std::string& content_type) = 0;
};

}  // namespace cryptonet::net
