// SPDX-License-Identifier: Apache-2.0
// Puts the parts together. Logs say who asked for what and how it ended, never what was in it.
#include "cloud/serve/serve.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "api/messages.h"
#include "base/stop.h"
#include "cloud/serve/routes.h"
#include "net/certificate.h"
#include "net/local_listener.h"
#include "net/metrics.h"

namespace cryptonet::cloud::serve {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

/// Requests that are worked at side by side. Their arithmetic shares the pool of --threads, which
/// helps them in turn, so a short question passes a long one.
constexpr std::size_t kWorkerThreads = 16;
constexpr std::chrono::milliseconds kStopPoll{50};

Result<net::TlsIdentity> read_identity(const std::filesystem::path& path) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(path, api::CloudEnrolment::kMaxBytes));
  auto enrolment = api::CloudEnrolment::from_json(base::text_of(bytes));
  base::wipe(bytes.data(), bytes.size());
  if (!enrolment.ok()) {
    Error error(ErrorCode::kBadInput, "cloud.enrolment",
                "this is not the enrolment file of a cloud: " + enrolment.error().message,
                "cryptonet-gatekeeper init makes it as enrol-cloud");
    return std::move(error).at(path.string());
  }
  CN_ASSIGN(const net::CertificateInfo info, net::read_certificate(enrolment->certificate_pem));
  if (info.role != net::PeerRole::kCloud) {
    return Error(ErrorCode::kBadInput, "cloud.enrolment",
                 "the certificate in this enrolment file is not for a cloud")
        .at(path.string());
  }
  if (info.not_after < std::chrono::system_clock::now()) {
    return Error(ErrorCode::kBadInput, "cloud.enrolment",
                 "the certificate in this enrolment file has expired",
                 "make a new one: cryptonet-gatekeeper enrol NAME --role cloud --out F --home D")
        .at(path.string());
  }
  return net::TlsIdentity{std::move(enrolment->certificate_pem), std::move(enrolment->key_pem),
                          std::move(enrolment->authority_pem)};
}

void log_answer(spdlog::logger& log, const net::AnswerRecord& record) {
  const std::string who = record.peer.role == net::PeerRole::kNone
                              ? record.peer.address
                              : std::string(net::role_name(record.peer.role)) + " " +
                                    record.peer.name + " at " + record.peer.address;
  const std::string rule = record.rule.empty() ? "" : " " + record.rule;
  const std::string withheld = record.withheld.empty() ? "" : ": " + record.withheld;
  const bool warn = record.status >= 500 || !withheld.empty();
  log.log(warn ? spdlog::level::warn : spdlog::level::info, "{} {} {}{} {} ms, {}{}", record.method,
          record.pattern, record.status, rule, record.duration.count() / 1000, who, withheld);
}

Status readiness() {
  if (!base::stop_signalled()) return base::ok();
  return Error(ErrorCode::kUnreachable, "ready.stopping", "the cloud is stopping");
}

/// What was computed since the start.
struct Answered {
  std::atomic<std::uint64_t> totals = 0;
  std::atomic<std::uint64_t> computed = 0;
  std::atomic<std::uint64_t> bytes_read = 0;
  void count(const compute::Work& work) {
    totals += work.totals;
    computed += work.computed;
    bytes_read += work.bytes_read;
  }
};

void add_figures(net::Metrics& metrics, store::Store& store, const Answered& answered) {
  const auto add = [&metrics](const char* name, const char* help, auto value) {
    metrics.add(name, help,
                [value] { return std::optional<double>(static_cast<double>(value())); });
  };
  add("ready", "1 when /readyz says yes", [] { return readiness().ok() ? 1 : 0; });
  add("uploads", "Uploads of which there is a manifest", [&store] { return store.uploads(); });
  add("segments", "Segments stored", [&store] { return store.segments().figures().segments; });
  add("segment_bytes", "Bytes of them", [&store] { return store.segments().figures().bytes; });
  add("totals_answered_total", "Totals sent", [&answered] { return answered.totals.load(); });
  add("totals_computed_total", "Of them computed, not kept from before",
      [&answered] { return answered.computed.load(); });
  add("bytes_read_total", "Bytes of segments that the computation read",
      [&answered] { return answered.bytes_read.load(); });
}

}  // namespace

Status serve(const ServeOptions& options) {
  spdlog::logger& log = *options.log;
  CN_ASSIGN(net::TlsIdentity identity, read_identity(options.enrolment));
  base::OsRandomness randomness;
  CN_ASSIGN(const std::unique_ptr<store::Store> store,
            store::Store::open(base::real_file_system(), options.home, randomness));
  for (const std::string& upload : store->damaged()) {
    log.error("the manifest of upload {} is damaged; it answers nothing", upload);
  }
  compute::Totals totals(*store, options.threads, options.totals_kept);
  const auto figures = store->segments().figures();
  log.info("{} uploads, {} segments, {} bytes; {} threads compute", store->uploads(),
           figures.segments, figures.bytes, options.threads);
  Answered answered;
  const auto log_totals = [&log, &answered](const compute::Work& work, double milliseconds) {
    answered.count(work);
    log.info("{} totals, {} of them computed from {} bytes in {:.1f} ms{}", work.totals,
             work.computed, work.bytes_read, milliseconds,
             work.proved_anew ? ", proved anew: the gatekeeper unfroze the upload" : "");
  };
  net::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.identity = std::move(identity);
  server_options.worker_threads = kWorkerThreads;
  CN_RETURN_IF_ERROR(net::apply(options.serving, server_options));
  server_options.routes = make_routes({*store, totals, options.version, log_totals, readiness});
  net::Metrics metrics;
  add_figures(metrics, *store, answered);
  server_options.on_answer = [&log, &metrics](const net::AnswerRecord& record) {
    log_answer(log, record);
    metrics.count(record);
  };
  CN_ASSIGN(const std::unique_ptr<net::HttpServer> server,
            net::HttpServer::start(std::move(server_options)));
  CN_ASSIGN(const auto listener, net::tell_figures(options.serving, metrics, *server, readiness));
  options.on_ready(server->url());
  while (!base::stop_signalled()) std::this_thread::sleep_for(kStopPoll);
  log.info("stopping");
  net::end_serving(*server, options.serving);
  return base::ok();
}

}  // namespace cryptonet::cloud::serve
