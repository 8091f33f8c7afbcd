// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/server.h"

#include <spdlog/spdlog.h>

#include <thread>

#include "base/stop.h"
#include "gatekeeper/serve/figures.h"
#include "net/local_listener.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Status;

constexpr std::size_t kWorkerThreads = 8;  // most of them wait for the cloud
constexpr std::chrono::seconds kDeletionPeriod{30};
constexpr std::chrono::milliseconds kStopPeriod{50};

/// Method, pattern, status, rule, who and how long: never a body, a query or a label.
void log_answer(const net::AnswerRecord& record) {
  const std::string withheld = record.withheld.empty() ? "" : ": " + record.withheld;
  spdlog::log(withheld.empty() ? spdlog::level::info : spdlog::level::warn,
              "{} {} {} {} {}:{} {} ms{}", record.method, record.pattern, record.status,
              record.rule.empty() ? "-" : record.rule, net::role_name(record.peer.role),
              record.peer.name, record.duration.count() / 1000, withheld);
}

/// While the home is not sealed; the next try comes when it is not.
void keep_audit_head(Parts& parts) {
  const auto pass = parts.seal_gate.enter();
  if (!pass.ok()) return;
  if (const Status kept = parts.audit.keep_head(); !kept.ok()) {
    spdlog::warn("the state does not hold the newest head of the audit log: {}",
                 base::describe(kept.error()));
  }
}

void remove_long_expired_keys(Parts& parts) {
  if (const Status removed = parts.gate.access.remove_long_expired(); !removed.ok()) {
    spdlog::warn("sessions and access keys that expired long ago are still in the state: {}",
                 base::describe(removed.error()));
  }
}

void wait_for_stop(Parts& parts) {
  auto next_deletions = std::chrono::steady_clock::now();
  while (!base::stop_signalled()) {
    if (std::chrono::steady_clock::now() >= next_deletions) {
      const Status deleted = retry_deletions(parts);
      if (!deleted.ok()) {
        spdlog::warn("the cloud is still to be asked to forget dropped uploads: {}",
                     base::describe(deleted.error()));
      }
      keep_audit_head(parts);
      remove_long_expired_keys(parts);
      next_deletions = std::chrono::steady_clock::now() + kDeletionPeriod;
    }
    std::this_thread::sleep_for(kStopPeriod);
  }
}
}  // namespace

Status serve(home::Home& home, const ServeOptions& options,
             const std::function<void(const std::string& url)>& ready) {
  CN_RETURN_IF_ERROR(home.lock_for_serving());
  CN_RETURN_IF_ERROR(home.finish_reseal(base::real_file_system()));
  home.unlock_keys();
  if (options.site.has_value()) {
    CN_RETURN_IF_ERROR(home.answer_to(options.site->rp_id, base::real_file_system(),
                                      std::chrono::system_clock::now()));
  }
  CN_ASSIGN(const auto cloud, verify::CloudLink::create(options.cloud_url, home.identity()));
  base::OsRandomness randomness;
  CN_ASSIGN(const auto gate, auth::Gate::open(home.database(), home.keys(), randomness));
  Parts parts(home, *cloud, *gate, options.program_version);
  if (options.site.has_value()) {
    parts.page = std::make_unique<Page>(home.database(), randomness, *options.site);
  }
  CN_RETURN_IF_ERROR(remove_leftovers(parts));
  net::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.identity = home.identity();
  server_options.routes = make_routes(parts);
  server_options.worker_threads = kWorkerThreads;
  net::Metrics metrics;
  add_figures(metrics, parts);
  server_options.on_answer = [&metrics](const net::AnswerRecord& record) {
    log_answer(record);
    metrics.count(record);
  };
  CN_RETURN_IF_ERROR(net::apply(options.serving, server_options));
  parts.limits.set(server_options.rates);
  CN_ASSIGN(const auto server, net::HttpServer::start(std::move(server_options)));
  CN_RETURN_IF_ERROR(base::write_atomically(base::real_file_system(), home.address_file(),
                                            base::view_of(server->url()), 0600));
  CN_ASSIGN(const auto seal_file, home.seal_file());
  if (home.sealed()) {
    spdlog::warn("the gatekeeper is sealed; open it: cryptonet-gatekeeper unseal --home D");
  } else if (keys::mode_of(seal_file) == keys::SealMode::kNone) {
    spdlog::warn(
        "the keys of this home lie UNSEALED on its disk; cryptonet-gatekeeper passphrase "
        "or shares seals them");
  }
  CN_ASSIGN(const auto code, parts.bootstrap.prepare(gate->people, randomness));
  if (code.has_value()) std::fprintf(stderr, "bootstrap code: %s\n", code->c_str());
  const audit::Event here(audit::Kind::kAdministration);
  CN_RETURN_IF_ERROR(home.audit().record_soon(audit::Event(here).action("start")));
  CN_ASSIGN(const auto listener, net::tell_figures(options.serving, metrics, *server,
                                                   [&parts] { return parts.readiness.state(); }));
  ready(server->url());
  wait_for_stop(parts);
  parts.readiness.stop();
  spdlog::info("stopping");
  net::end_serving(*server, options.serving);
  CN_RETURN_IF_ERROR(home.audit().record_soon(audit::Event(here).action("stop")));
  static_cast<void>(base::real_file_system().remove_tree(home.address_file()).ok());
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::serve
