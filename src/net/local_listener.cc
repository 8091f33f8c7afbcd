// SPDX-License-Identifier: Apache-2.0
// Sockets by hand: a few lines, where another use of Beast would cost the compiler a minute. One
// caller at a time, each within kCallerTime.
#include "net/local_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "net/metrics.h"
#include "net/serving.h"
#include "net/target.h"

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCallerTime{2};
constexpr int kStopPollMs = 100;
constexpr std::size_t kMaxHeaderBytes = 8192;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  /// Whether it can be read (or written) before `deadline`.
  bool wait(short events, Clock::time_point deadline) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{descriptor_, events, 0};
    return left > 0 && ::poll(&waiting, 1, static_cast<int>(left)) == 1;
  }

 private:
  int descriptor_;
};

std::string reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Refused";
  }
}

class Listener final : public LocalListener {
 public:
  Listener(Socket socket, std::string url, Pages pages)
      : socket_(std::move(socket)), url_(std::move(url)), pages_(std::move(pages)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Listener() override {
    stopping_ = true;
    thread_.join();
  }
  std::string url() const override { return url_; }

 private:
  void run();
  void serve(const Socket& caller) const;
  HttpResponse answer(std::string_view header) const;
  Socket socket_;
  std::string url_;
  Pages pages_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

void Listener::run() {
  while (!stopping_) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kStopPollMs) != 1) continue;
    const Socket caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (caller.get() < 0) {  // out of descriptors, most likely
      std::this_thread::sleep_for(std::chrono::milliseconds(kStopPollMs));
      continue;
    }
    serve(caller);
  }
}

HttpResponse Listener::answer(std::string_view header) const {
  const std::string_view line = header.substr(0, header.find("\r\n"));
  const std::size_t end = line.rfind(" HTTP/1.");
  if (line.starts_with("GET ") && end != std::string_view::npos && end >= 4) {
    const std::string_view target = line.substr(4, end - 4);
    const auto page = pages_.find(std::string(target.substr(0, target.find('?'))));
    if (page != pages_.end()) return page->second();
  }
  return error_response(
      Error(ErrorCode::kBadInput, "http.not_found", "there is no such page on this address"));
}

void Listener::serve(const Socket& caller) const {
  const auto deadline = Clock::now() + kCallerTime;
  std::string header;
  std::array<char, 1024> piece{};
  while (header.find("\r\n\r\n") == std::string::npos) {
    if (header.size() > kMaxHeaderBytes || !caller.wait(POLLIN, deadline)) return;
    const ssize_t got = ::recv(caller.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return;
    header.append(piece.data(), static_cast<std::size_t>(got));
  }
  const HttpResponse response = answer(header);
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
                     "\r\nContent-Type: " + response.content_type +
                     "\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  text += base::text_of(response.body);
  for (std::string_view rest = text; !rest.empty();) {
    if (!caller.wait(POLLOUT, deadline)) return;
    const ssize_t sent = ::send(caller.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// A loopback address as the system wants it; false for any other.
bool loopback(const HostPort& address, sockaddr_storage& out, socklen_t& size) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    name.sin_addr = v4;
    size = sizeof name;
    std::memcpy(&out, &name, sizeof name);
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  if (inet_pton(AF_INET6, address.host.c_str(), &v6) != 1) return false;
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(address.port);
  name.sin6_addr = v6;
  size = sizeof name;
  std::memcpy(&out, &name, sizeof name);
  return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  std::uint16_t port = 0;  // lies at the same place in both forms
  std::memcpy(&port, reinterpret_cast<const char*>(&name) + offsetof(sockaddr_in, sin_port),
              sizeof port);
  return ntohs(port);
}
}  // namespace

Result<std::unique_ptr<LocalListener>> LocalListener::start(const std::string& listen,
                                                            Pages pages) {
  CN_ASSIGN(const HostPort address, parse_host_port(listen));
  sockaddr_storage name{};
  socklen_t size = 0;
  if (!loopback(address, name, size)) {
    return Error(ErrorCode::kUsage, "metrics.listen",
                 "figures are told on this machine's own addresses alone, and " +
                     host_port_text(address) + " is another",
                 "give 127.0.0.1:PORT or [::1]:PORT; what collects them from afar runs here and "
                 "forwards");
  }
  Socket socket(::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return Error(ErrorCode::kLocalIo, "metrics.listen",
                 "listening on " + host_port_text(address) + " failed: " + std::strerror(errno),
                 "give another --metrics address; port 0 asks for a free one");
  }
  const std::string url = "http://" + host_port_text(HostPort{address.host, port_of(socket.get())});
  return std::unique_ptr<LocalListener>(
      std::make_unique<Listener>(std::move(socket), url, std::move(pages)));
}

Result<std::unique_ptr<LocalListener>> tell_figures(const Serving& serving, Metrics& metrics,
                                                    const HttpServer& server,
                                                    std::function<Status()> ready) {
  metrics.watch(server);
  if (serving.metrics.empty()) return std::unique_ptr<LocalListener>();
  const auto health = [] { return json_response(R"({"status":"ok"})"); };
  return LocalListener::start(serving.metrics,
                              {{"/metrics",
                                [&metrics] {
                                  HttpResponse page;
                                  page.content_type = Metrics::kContentType;
                                  const std::string text = metrics.text();
                                  page.body.assign(text.begin(), text.end());
                                  return page;
                                }},
                               {"/healthz", health},
                               {"/readyz", [ready = std::move(ready), health] {
                                  const Status state = ready();
                                  return state.ok() ? health() : error_response(state.error());
                                }}});
}

}  // namespace cryptonet::net
