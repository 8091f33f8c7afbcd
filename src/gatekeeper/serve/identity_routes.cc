// SPDX-License-Identifier: Apache-2.0
// Joining, and how the gatekeeper is.
#include "gatekeeper/auth/admission.h"
#include "gatekeeper/serve/recording.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;

Result<net::HttpResponse> join(Parts& parts, const net::HttpRequest& request) {
  CN_ASSIGN(const auto message, api::JoinRequest::from_json(base::text_of(request.body)));
  auto certificate = auth::join(parts.home.authority(), message, std::chrono::system_clock::now());
  audit::Event event = event_of(audit::Kind::kEnrolment, request);
  event.action("joined");
  if (!certificate.ok()) {
    event.error(certificate.error());
    parts.audit.note(std::move(event));
    return certificate.take_error();
  }
  CN_ASSIGN(const auto enrolment, parts.home.identities().find_enrolment(message.enrolment));
  if (enrolment.has_value()) {
    event.enrolment(enrolment->name).role(state::role_word(enrolment->role));
  }
  CN_RETURN_IF_ERROR(parts.audit.record(std::move(event)));
  return net::json_response(api::JoinReply{std::move(*certificate)}.to_json());
}

Result<net::HttpResponse> status(Parts& parts) {
  CN_ASSIGN(const auto datasets, parts.uploads.datasets());
  api::GatekeeperStatus status;
  status.version = parts.version;
  status.datasets = datasets.size();
  for (const auto& dataset : datasets) status.uploads += dataset.live.size();
  CN_ASSIGN(const auto sealing, parts.home.sealing_generation());
  status.sealing_key = {sealing.generation, base::to_base64(sealing.public_key),
                        base::to_base64(sealing.statement)};
  status.cloud = parts.cloud.reachable() ? "reachable" : "unreachable";
  return net::json_response(status.to_json());
}
}  // namespace

void add_identity_routes(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(open_route(api::gatekeeper::kJoin, [&parts](const net::HttpRequest& request) {
    return join(parts, request);
  }));
  routes.push_back(admitted_route(parts, api::gatekeeper::kGetStatus,
                                  [&parts](const auto&, const auto&) { return status(parts); }));
}

}  // namespace cryptonet::gatekeeper::serve
