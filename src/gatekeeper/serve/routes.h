// SPDX-License-Identifier: Apache-2.0
// How a route of the API becomes a route of the server: roles and limits come from api/routes.h,
// and the handler gets the principal behind the certificate, already admitted.
#pragma once

#include <functional>

#include "api/routes.h"
#include "gatekeeper/serve/gatekeeper.h"

namespace cryptonet::gatekeeper::serve {

using PrincipalHandler = std::function<base::Result<net::HttpResponse>(
    const state::Principal& principal, const net::HttpRequest& request)>;

/// A route for registered, unrevoked peers only.
net::Route admitted_route(Parts& parts, const api::RouteInfo& info, PrincipalHandler handler);
/// Gets the person that signed in; nobody where the machine may call alone (RouteInfo::alone).
using PersonHandler = std::function<base::Result<net::HttpResponse>(
    const std::optional<auth::Caller>& caller, const net::HttpRequest& request)>;
/// A route for signed-in persons of the roles that the API names, on registered machines. An access
/// key passes where the API says so; where it asks for a fresh second factor, kRefused
/// (auth.step_up) tells that it is not.
net::Route person_route(Parts& parts, const api::RouteInfo& info, PersonHandler handler);
/// What the page and the machines' routes do alike, for whoever may.
base::Result<net::HttpResponse> make_access_key(Parts& parts, const auth::Caller& caller,
                                                const net::HttpRequest& request);
base::Result<auth::Started> sign_in_by_code(Parts& parts, const net::HttpRequest& request);
base::Result<net::HttpResponse> step_up_by_code(Parts& parts, const auth::Caller& caller,
                                                const net::HttpRequest& request);
/// A route for anybody.
net::Route open_route(const api::RouteInfo& info, net::Handler handler);

/// kBadInput when the text is no id.
base::Result<state::UploadId> parse_upload_id(const std::string& hex);
/// A decimal number without sign or leading zeros; kBadInput naming `what` otherwise.
base::Result<std::uint64_t> parse_number(const std::string& text, const std::string& what);
std::int64_t now_s();

void add_identity_routes(Parts& parts, std::vector<net::Route>& routes);
void add_upload_routes(Parts& parts, std::vector<net::Route>& routes);
void add_dataset_routes(Parts& parts, std::vector<net::Route>& routes);
void add_query_route(Parts& parts, std::vector<net::Route>& routes);
void add_sign_in_routes(Parts& parts, std::vector<net::Route>& routes);
void add_audit_routes(Parts& parts, std::vector<net::Route>& routes);
void add_people_routes(Parts& parts, std::vector<net::Route>& routes);
void add_health_routes(Parts& parts, std::vector<net::Route>& routes);
void add_seal_routes(Parts& parts, std::vector<net::Route>& routes);

/// The routes so far answer kUnreachable (server.sealed) while the home is sealed.
void close_while_sealed(Parts& parts, std::vector<net::Route>& routes);
/// Where there is a page: what it asks, and what it is made of.
void add_page_routes(Parts& parts, std::vector<net::Route>& routes);
void add_page_files(Parts& parts, std::vector<net::Route>& routes);

}  // namespace cryptonet::gatekeeper::serve
