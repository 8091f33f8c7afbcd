// SPDX-License-Identifier: Apache-2.0
// Reading the audit log. Lines leave as they stand on the disk, so that whoever reads them can
// verify them without trusting this program. Reading is recorded too: once for a person and a
// while, or each look at a log that grows would make it grow.
#include <map>

#include "gatekeeper/serve/recording.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::size_t kMostLines = 4096;
constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr std::chrono::minutes kOneReading{10};

/// Who has been noted as reading from where on.
class Readers {
 public:
  /// Whether this is a new reading: by somebody new, after a while, or of older records.
  bool begins(const std::string& person, std::uint64_t first) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    std::erase_if(readings_,
                  [&](const auto& reading) { return now - reading.second.begun > kOneReading; });
    const auto known = readings_.find(person);
    if (known != readings_.end() && known->second.first <= first) return false;
    readings_[person] = {now, first};
    return true;
  }

 private:
  struct Reading {
    std::chrono::steady_clock::time_point begun;
    std::uint64_t first = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Reading> readings_;
};

Result<HttpResponse> head(Parts& parts) {
  CN_ASSIGN(const auto newest, parts.audit.head());
  return net::json_response(api::AuditHead{cryptonet::audit::write_head(newest)}.to_json());
}

Result<HttpResponse> read(Parts& parts, Readers& readers, const auth::Caller& caller,
                          const HttpRequest& request) {
  CN_ASSIGN(const std::uint64_t first,
            parse_number(request.path_parameters.at(0), "the number of the first record"));
  if (readers.begins(caller.person.name, first)) {
    audit::Event event = event_of(audit::Kind::kAuditRead, request, &caller);
    CN_RETURN_IF_ERROR(parts.audit.record(std::move(event.count("first", first))));
  }
  CN_ASSIGN(auto page, parts.audit.read(first, kMostLines, kMostBytes));
  return net::json_response(api::AuditPage{std::move(page.lines), page.next}.to_json());
}
}  // namespace

void add_audit_routes(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(person_route(parts, api::gatekeeper::kGetAuditHead,
                                [&parts](const auto&, const auto&) { return head(parts); }));
  const auto readers = std::make_shared<Readers>();  // shared: handlers are copied
  routes.push_back(person_route(parts, api::gatekeeper::kReadAudit,
                                [&parts, readers](const auto& caller, const auto& request) {
                                  return read(parts, *readers, *caller, request);
                                }));
}

}  // namespace cryptonet::gatekeeper::serve
