// SPDX-License-Identifier: Apache-2.0
// The library keeps what is counted as it happens; what can be read at any time is read when asked.
#include "net/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace cryptonet::net {
namespace {

using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Seconds. The bound of 50 ms is what a kept answer is held to.
const Histogram::BucketBoundaries kDurations = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                0.1,   0.25,   0.5,   1,    5,     30};

std::string status_class(int status) { return std::to_string(status / 100) + "xx"; }

/// Which limit of the server an error speaks of; empty for any other.
std::string limit_of(const std::string& rule) {
  if (rule.ends_with("too_many")) return "rate";
  if (rule.ends_with(".busy")) return "queue";
  if (rule == "http.too_large") return "body";
  if (rule == "http.stopping") return "stopping";
  return {};
}
}  // namespace

struct Metrics::Parts {
  prometheus::Registry registry;
  Family<Counter>& requests = family("cryptonet_requests_total", "Requests answered");
  Family<Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("cryptonet_request_duration_seconds")
          .Help("From the end of a request's header to the end of its answer")
          .Register(registry);
  Family<Counter>& refused = family("cryptonet_refused_total", "Requests refused by a limit");
  Family<Counter>& bytes = family("cryptonet_body_bytes_total", "Bytes of bodies");
  Family<Counter>& sign_ins = family("cryptonet_sign_ins_total", "Attempts to sign in");
  mutable std::mutex mutex;
  std::map<std::pair<std::string, int>, Counter*> requests_of;  ///< by pattern and status class
  std::map<std::string, Histogram*> durations_of;               ///< by pattern
  std::vector<std::function<std::vector<MetricFamily>()>> readings;

  Family<Counter>& family(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
};

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {
  for (const char* limit : {"rate", "queue", "body", "stopping"}) {
    parts_->refused.Add({{"limit", limit}});
  }
  for (const char* result : {"ok", "denied", "other"}) {
    parts_->sign_ins.Add({{"result", result}});
  }
}
Metrics::~Metrics() = default;

void Metrics::count(const AnswerRecord& record) {
  const std::lock_guard lock(parts_->mutex);
  Counter*& requests = parts_->requests_of[{record.pattern, record.status / 100}];
  if (requests == nullptr) {
    requests =
        &parts_->requests.Add({{"route", record.pattern}, {"status", status_class(record.status)}});
  }
  requests->Increment();
  Histogram*& durations = parts_->durations_of[record.pattern];
  if (durations == nullptr) {
    durations = &parts_->durations.Add({{"route", record.pattern}}, kDurations);
  }
  durations->Observe(std::chrono::duration<double>(record.duration).count());
  parts_->bytes.Add({{"direction", "in"}}).Increment(static_cast<double>(record.bytes_in));
  parts_->bytes.Add({{"direction", "out"}}).Increment(static_cast<double>(record.bytes_out));
  if (const std::string limit = limit_of(record.rule); !limit.empty()) {
    parts_->refused.Add({{"limit", limit}}).Increment();
  }
  if (record.pattern.ends_with("/sign-in") || record.pattern.ends_with("/sign-in/passkey")) {
    const char* result = record.status < 300 ? "ok" : record.status == 401 ? "denied" : "other";
    parts_->sign_ins.Add({{"result", result}}).Increment();
  }
}

void Metrics::add(const std::string& name, const std::string& help, Reading reading) {
  const std::lock_guard lock(parts_->mutex);
  parts_->readings.push_back([name = "cryptonet_" + name, help, reading = std::move(reading)] {
    std::vector<MetricFamily> families;
    const auto value = reading();
    if (!value) return families;
    const bool grows = name.ends_with("_total");
    MetricFamily family{name, help, grows ? MetricType::Counter : MetricType::Gauge, {}};
    ClientMetric& metric = family.metric.emplace_back();
    (grows ? metric.counter.value : metric.gauge.value) = *value;
    families.push_back(std::move(family));
    return families;
  });
}

void Metrics::add_counts(const std::string& name, const std::string& help,
                         std::function<std::optional<Counts>()> reading) {
  const std::lock_guard lock(parts_->mutex);
  parts_->readings.push_back([name = "cryptonet_" + name, help, reading = std::move(reading)] {
    std::vector<MetricFamily> families;
    const auto counts = reading();
    if (!counts) return families;
    CHECK(counts->things.size() == counts->bounds.size() + 1);
    MetricFamily family{name, help, MetricType::Histogram, {}};
    ClientMetric& metric = family.metric.emplace_back();
    for (std::size_t i = 0; i < counts->things.size(); ++i) {
      metric.histogram.sample_count += counts->things[i];
      if (i == counts->bounds.size()) break;
      metric.histogram.bucket.push_back({metric.histogram.sample_count, counts->bounds[i]});
    }
    metric.histogram.sample_sum = counts->sum;
    families.push_back(std::move(family));
    return families;
  });
}

void Metrics::watch(const HttpServer& server) {
  struct Figure {
    const char* name;
    const char* help;
    std::size_t ServerFigures::*value;
  };
  using F = ServerFigures;
  for (const Figure& figure :
       {Figure{"connections", "Open connections", &F::connections},
        Figure{"connections_without_certificate", "Of them strangers", &F::strangers},
        Figure{"queued_requests", "Requests that wait for a worker", &F::queued},
        Figure{"running_requests", "Requests that a worker has", &F::running},
        Figure{"handshakes_total", "TLS handshakes", &F::handshakes},
        Figure{"handshakes_failed_total", "TLS handshakes that failed", &F::handshakes_failed},
        Figure{"connections_closed_to_make_room_total", "Waiting connections closed for new ones",
               &F::closed_to_make_room},
        Figure{"connections_refused_full_total", "New connections closed: all are at work",
               &F::refused_full},
        Figure{"connections_refused_machine_total", "Closed: too many of one certificate",
               &F::refused_certificate},
        Figure{"handshakes_refused_address_total", "Closed: too many handshakes of one address",
               &F::refused_address}}) {
    add(figure.name, figure.help, [&server, value = figure.value]() -> std::optional<double> {
      return static_cast<double>(server.figures().*value);
    });
  }
}

std::string Metrics::text() const {
  std::vector<MetricFamily> families = parts_->registry.Collect();
  std::vector<std::function<std::vector<MetricFamily>()>> readings;
  {
    const std::lock_guard lock(parts_->mutex);
    readings = parts_->readings;
  }
  for (const auto& reading : readings) {
    for (MetricFamily& family : reading()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace cryptonet::net
