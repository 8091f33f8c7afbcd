// SPDX-License-Identifier: Apache-2.0
// People and projects, for custodians.
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;
using net::HttpRequest;
using net::HttpResponse;

template <typename Message>
Result<HttpResponse> reply(const Result<Message>& message) {
  if (!message.ok()) return message.error();
  return net::json_response(message->to_json());
}

Result<HttpResponse> add_user(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(auto message, api::NewPerson::from_json(base::text_of(request.body)));
  const auto enrolled = parts.administration.add(message);
  base::wipe(message.password.data(), message.password.size());
  return reply(enrolled);
}

Result<HttpResponse> reset_user(Parts& parts, const auth::Caller& caller,
                                const HttpRequest& request) {
  CN_ASSIGN(auto message, api::PasswordReset::from_json(base::text_of(request.body)));
  const auto enrolled =
      parts.administration.reset(caller, request.path_parameters.at(0), message.password);
  base::wipe(message.password.data(), message.password.size());
  return reply(enrolled);
}

Result<HttpResponse> add_project(Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const auto message, api::NewProject::from_json(base::text_of(request.body)));
  return reply(parts.administration.add_project(message.name));
}

Result<HttpResponse> grant(Parts& parts, const auth::Caller& caller, const HttpRequest& request) {
  CN_ASSIGN(const auto message, api::MemberRole::from_json(base::text_of(request.body)));
  const auto& path = request.path_parameters;
  return reply(parts.administration.grant(caller, path.at(0), path.at(1), message.role));
}
}  // namespace

void add_people_routes(Parts& parts, std::vector<net::Route>& routes) {
  namespace info = api::gatekeeper;
  const auto add = [&](const api::RouteInfo& route, auto handler) {
    routes.push_back(person_route(
        parts, route, [&parts, handler](const auto& caller, const HttpRequest& request) {
          return handler(parts, *caller, request);
        }));
  };
  using Caller = auth::Caller;
  add(info::kListUsers,
      [](Parts& p, const Caller&, const HttpRequest&) { return reply(p.administration.list()); });
  add(info::kAddUser,
      [](Parts& p, const Caller&, const HttpRequest& request) { return add_user(p, request); });
  add(info::kDisableUser, [](Parts& p, const Caller& caller, const HttpRequest& request) {
    return reply(p.administration.disable(caller, request.path_parameters.at(0)));
  });
  add(info::kResetUser, reset_user);
  add(info::kListProjects, [](Parts& p, const Caller& caller, const HttpRequest&) {
    return reply(p.administration.projects(caller));
  });
  add(info::kAddProject,
      [](Parts& p, const Caller&, const HttpRequest& request) { return add_project(p, request); });
  add(info::kGrantRole, grant);
  add(info::kRemoveMember, [](Parts& p, const Caller& caller, const HttpRequest& request) {
    const auto& path = request.path_parameters;
    return reply(p.administration.remove(caller, path.at(0), path.at(1)));
  });
  add(info::kAttachDataset, [](Parts& p, const Caller&, const HttpRequest& request) {
    return reply(
        p.administration.attach(request.path_parameters.at(0), request.path_parameters.at(1)));
  });
  add(info::kDetachDataset, [](Parts& p, const Caller&, const HttpRequest& request) {
    return reply(
        p.administration.detach(request.path_parameters.at(0), request.path_parameters.at(1)));
  });
}

}  // namespace cryptonet::gatekeeper::serve
