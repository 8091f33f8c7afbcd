// SPDX-License-Identifier: Apache-2.0
// What of a request goes into the audit log. One table says which routes change something and how
// that is called; the record is durable before the answer leaves, and an answer whose record cannot
// be written does not leave. Questions record themselves (query_route.cc), for they have several
// steps.
#pragma once

#include <functional>

#include "api/path.h"
#include "gatekeeper/serve/gatekeeper.h"

namespace cryptonet::gatekeeper::serve {

/// An event of a request, to be filled in: who asks, and from where. The caller may be nobody.
audit::Event event_of(audit::Kind kind, const net::HttpRequest& request,
                      const auth::Caller* caller = nullptr);

/// Runs the handler, and passes its response on when the record of it is durable. A change that
/// would outlive a missing record is announced in the state before it is made. Routes that change
/// nothing are not recorded.
base::Result<net::HttpResponse> recorded(
    Parts& parts, const api::RouteInfo& info, const net::HttpRequest& request,
    const auth::Caller* caller, const std::function<base::Result<net::HttpResponse>()>& handler);
/// That a person has one recovery code less.
base::Status record_recovery_code(Parts& parts, const net::HttpRequest& request,
                                  const std::string& user);
/// Notes that somebody was not let in, and gives the error back.
base::Error not_admitted(Parts& parts, const api::RouteInfo& info, const net::HttpRequest& request,
                         const auth::Caller* caller, base::Error error);

}  // namespace cryptonet::gatekeeper::serve
