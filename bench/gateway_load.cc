// SPDX-License-Identifier: Apache-2.0
// Holds many TLS connections to a gatekeeper and asks one question on each of them again and again,
// with a pause between (exponential, so arrivals are as good as independent). One thread: it must
// stay far from busy, or it measures itself, so its own processor time is in the figures.
//
//   gateway_load URL MACHINES CONNECTIONS PAUSE_S SECONDS BODY EXPECTED
//
// MACHINES has a line "HOME BEARER" for each machine (BEARER may be "-": nobody is signed in);
// connections are dealt out in turn. Every answer must be 200 and hold EXPECTED. A latency runs
// from the moment at which the question was due, so what this program is late with counts too.
// Prints one line of JSON.
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// Connections that open at the same time; more would only queue at the server.
constexpr std::size_t kOpening = 64;
constexpr std::chrono::seconds kAnswerWithin{30};

struct Machine {
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::string request;
};

struct Load {
  Tcp::endpoint server;
  std::vector<std::unique_ptr<Machine>> machines;
  std::string expected;
  double pause_s = 1;
  double seconds = 10;
};

struct Figures {
  std::size_t open = 0;
  std::vector<double> handshake_ms;
  std::vector<double> latency_ms;
  std::map<std::string, std::size_t> errors;
  Clock::time_point all_open;
};

double ms_since(Clock::time_point then) {
  return std::chrono::duration<double, std::milli>(Clock::now() - then).count();
}

class Bench {
 public:
  Bench(const Load& load, std::size_t connections) : load_(load), connections_(connections) {}
  Figures run();

 private:
  asio::awaitable<void> open_some();
  asio::awaitable<void> ask_for_ever(std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> stream,
                                     const Machine& machine, unsigned seed);
  const Load& load_;
  std::size_t connections_;
  std::size_t next_ = 0;
  std::size_t opening_ = 0;
  asio::io_context io_{1};
  Figures figures_;
  Clock::time_point end_ = Clock::time_point::max();
};

asio::awaitable<void> Bench::open_some() {
  ++opening_;
  while (next_ < connections_) {
    const auto number = static_cast<unsigned>(next_++);
    Machine& machine = *load_.machines[number % load_.machines.size()];
    auto stream = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(io_, machine.tls);
    auto& tcp = beast::get_lowest_layer(*stream);
    const auto begun = Clock::now();
    tcp.expires_after(kAnswerWithin);
    auto [refused] = co_await tcp.async_connect(load_.server, kAwait);
    if (refused) {
      ++figures_.errors["connect: " + refused.message()];
      continue;
    }
    tcp.socket().set_option(Tcp::no_delay(true));
    auto [failed] = co_await stream->async_handshake(asio::ssl::stream_base::client, kAwait);
    if (failed) {
      ++figures_.errors["handshake: " + failed.message()];
      continue;
    }
    figures_.handshake_ms.push_back(ms_since(begun));
    ++figures_.open;
    asio::co_spawn(io_, ask_for_ever(std::move(stream), machine, number), asio::detached);
  }
  if (--opening_ > 0) co_return;
  figures_.all_open = Clock::now();
  end_ = Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load_.seconds));
}

asio::awaitable<void> Bench::ask_for_ever(
    std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> stream, const Machine& machine,
    unsigned seed) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> pause(1 / load_.pause_s);
  beast::flat_buffer buffer;
  asio::steady_timer due(io_);
  auto next = Clock::now();
  auto& tcp = beast::get_lowest_layer(*stream);
  while (true) {
    next = std::max(next, Clock::now()) + std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(pause(random)));
    if (next >= end_) co_return;
    due.expires_at(next);
    co_await due.async_wait(kAwait);
    const bool counts = end_ != Clock::time_point::max();  // from when on all are open
    if (Clock::now() >= end_) co_return;
    tcp.expires_after(kAnswerWithin);
    auto [unsent, sent] =
        co_await asio::async_write(*stream, asio::buffer(machine.request), kAwait);
    http::response<http::string_body> answer;
    error_code failed = unsent;
    if (!failed) {
      auto [error, size] = co_await http::async_read(*stream, buffer, answer, kAwait);
      failed = error;
    }
    if (failed) {
      ++figures_.errors["broken off: " + failed.message()];
      --figures_.open;
      co_return;
    }
    if (answer.result_int() != 200) {
      ++figures_.errors["status " + std::to_string(answer.result_int())];
    } else if (answer.body().find(load_.expected) == std::string::npos) {
      ++figures_.errors["wrong answer"];
    } else if (counts) {
      figures_.latency_ms.push_back(ms_since(next));
    }
    if (!answer.keep_alive()) {
      ++figures_.errors["closed by the server"];
      --figures_.open;
      co_return;
    }
  }
}

Figures Bench::run() {
  for (std::size_t i = 0; i < kOpening; ++i) asio::co_spawn(io_, open_some(), asio::detached);
  io_.run();
  return std::move(figures_);
}

std::unique_ptr<Machine> read_machine(const std::string& line, const std::string& body) {
  auto machine = std::make_unique<Machine>();
  const std::string home = line.substr(0, line.find(' '));
  const std::string bearer = line.substr(line.find(' ') + 1);
  machine->tls.load_verify_file(home + "/authority.crt");
  machine->tls.use_certificate_chain_file(home + "/client.crt");
  machine->tls.use_private_key_file(home + "/client.key", asio::ssl::context::pem);
  machine->tls.set_verify_mode(asio::ssl::verify_peer);
  machine->request = "POST /v1/query HTTP/1.1\r\nHost: bench\r\n";
  if (bearer != "-") machine->request += "Authorization: Bearer " + bearer + "\r\n";
  machine->request +=
      "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  return machine;
}

double quantile(std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void print(Figures& figures, std::size_t connections, double opened_s, double wall_s,
           double asking_s) {
  std::sort(figures.latency_ms.begin(), figures.latency_ms.end());
  std::sort(figures.handshake_ms.begin(), figures.handshake_ms.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  std::string errors;
  for (const auto& [what, count] : figures.errors) {
    errors += (errors.empty() ? "\"" : ",\"") + what + "\":" + std::to_string(count);
  }
  auto& latency = figures.latency_ms;
  std::printf(
      "{\"connections\":%zu,\"held\":%zu,\"opened_s\":%.3f,\"handshake_p99_ms\":%.2f,"
      "\"requests\":%zu,\"per_s\":%.1f,\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,"
      "\"p999_ms\":%.2f,\"max_ms\":%.2f,\"own_cpu\":%.3f,\"errors\":{%s}}\n",
      connections, figures.open, opened_s, quantile(figures.handshake_ms, 0.99), latency.size(),
      static_cast<double>(latency.size()) / asking_s, quantile(latency, 0.5),
      quantile(latency, 0.9), quantile(latency, 0.99), quantile(latency, 0.999),
      quantile(latency, 1), cpu_s / wall_s, errors.c_str());
}

int run(const std::vector<std::string>& arguments) {
  Load load;
  const std::string address = arguments.at(0).substr(std::string("https://").size());
  const std::size_t colon = address.rfind(':');
  load.server = {asio::ip::make_address(address.substr(0, colon)),
                 static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))};
  const std::size_t connections = std::stoul(arguments.at(2));
  load.pause_s = std::stod(arguments.at(3));
  load.seconds = std::stod(arguments.at(4));
  load.expected = arguments.at(6);
  std::ifstream machines(arguments.at(1));
  for (std::string line; std::getline(machines, line);) {
    load.machines.push_back(read_machine(line, arguments.at(5)));
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const auto begun = Clock::now();
  Bench bench(load, connections);
  Figures figures = bench.run();
  const double wall_s = ms_since(begun) / 1000;
  const double opened_s = std::chrono::duration<double>(figures.all_open - begun).count();
  print(figures, connections, opened_s, wall_s, load.seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "see ./run bench --gateway\n");
    return 2;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "gateway_load: %s\n", failure.what());
    return 1;
  }
}
