// SPDX-License-Identifier: Apache-2.0
// What a supervisor or a balancer asks, without a certificate: does the program run, and would it
// take work.
#include "gatekeeper/serve/readiness.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Status Readiness::state() const {
  if (stopping_) {
    return Error(ErrorCode::kUnreachable, "ready.stopping", "the gatekeeper is stopping");
  }
  for (const Check& check : checks_) {
    if (!check.passes()) return Error(ErrorCode::kUnreachable, "ready." + check.word, check.what);
  }
  return base::ok();
}

void add_health_routes(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(open_route(api::gatekeeper::kGetHealth, [](const net::HttpRequest&) {
    return Result<net::HttpResponse>(net::json_response(api::Health().to_json()));
  }));
  routes.push_back(open_route(api::gatekeeper::kGetReadiness,
                              [&parts](const net::HttpRequest&) -> Result<net::HttpResponse> {
                                CN_RETURN_IF_ERROR(parts.readiness.state());
                                return net::json_response(api::Health().to_json());
                              }));
}

}  // namespace cryptonet::gatekeeper::serve
