// SPDX-License-Identifier: Apache-2.0
// Names come from paths and messages that the route has accepted. A request that was refused may
// hold anything where a name belongs: of it the route and the rule are kept.
#include "gatekeeper/serve/recording.h"

#include <algorithm>
#include <array>

#include "api/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using audit::Event;
using audit::Kind;
using base::Result;
using net::HttpRequest;
using net::HttpResponse;
namespace info = api::gatekeeper;

/// Fills in what a route did, from a request that succeeded and its answer.
using Details = void (*)(Event&, const HttpRequest&, const HttpResponse&);

struct Noted {
  const api::RouteInfo* route;
  Kind kind;
  audit::Word action;
  Details details;
};

const std::string& part(const HttpRequest& request, std::size_t at) {
  return request.path_parameters.at(at);
}

void nothing(Event& /*event*/, const HttpRequest& /*request*/, const HttpResponse& /*response*/) {}

void person_of_path(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  event.user(part(request, 0));
}

void first_custodian(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  auto message = api::BootstrapRequest::from_json(base::text_of(request.body));
  if (!message.ok()) return;
  event.user(message->user).role("custodian");
  base::wipe(message->password.data(), message->password.size());
  base::wipe(message->code.data(), message->code.size());
}

void signed_in(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  auto message = api::SignInRequest::from_json(base::text_of(request.body));
  if (!message.ok()) return;
  event.person(message->user);
  base::wipe(message->password.data(), message->password.size());
}

void new_person(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  auto message = api::NewPerson::from_json(base::text_of(request.body));
  if (!message.ok()) return;
  event.user(message->user).role(message->role);
  base::wipe(message->password.data(), message->password.size());
}

void new_project(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  const auto message = api::NewProject::from_json(base::text_of(request.body));
  if (message.ok()) event.project(message->name);
}

void member_role(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  event.project(part(request, 0)).user(part(request, 1));
  const auto message = api::MemberRole::from_json(base::text_of(request.body));
  if (message.ok()) event.role(message->role);
}

void member(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  event.project(part(request, 0)).user(part(request, 1));
}

void project_dataset(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  event.project(part(request, 0)).dataset(part(request, 1));
}

void made_key(Event& event, const HttpRequest& /*request*/, const HttpResponse& response) {
  auto made = api::AccessKeyMade::from_json(base::text_of(response.body));
  if (!made.ok()) return;
  event.about_key(made->id).count("expires_at", made->expires_at);
  base::wipe(made->token.data(), made->token.size());
}

void key_of_path(Event& event, const HttpRequest& request, const HttpResponse& /*response*/) {
  event.about_key(part(request, 0));
}

void revoked_key(Event& event, const HttpRequest& /*request*/, const HttpResponse& response) {
  const auto revoked = api::AccessKeyRevoked::from_json(base::text_of(response.body));
  if (revoked.ok()) event.about_key(revoked->id);
}

void upload_of_path(Event& event, const HttpRequest& request, const HttpResponse& response) {
  state::UploadId id;
  if (base::from_hex(part(request, 0), id.bytes)) event.upload(id.bytes);
  const auto receipt = api::UploadReceipt::from_json(base::text_of(response.body));
  if (!receipt.ok()) return;
  event.dataset(receipt->dataset);
  if (receipt->published) event.version(receipt->version);
}

void dropped(Event& event, const HttpRequest& /*request*/, const HttpResponse& response) {
  const auto message = api::Dropped::from_json(base::text_of(response.body));
  if (message.ok()) event.dataset(message->dataset).version(message->version);
}

constexpr std::array kNoted = {
    Noted{&info::kBootstrap, Kind::kBootstrap, "made", first_custodian},
    Noted{&info::kSignIn, Kind::kSignIn, "made", signed_in},
    Noted{&info::kSignOut, Kind::kSignOut, "ended", nothing},
    Noted{&info::kStepUp, Kind::kStepUp, "shown", nothing},
    Noted{&info::kAddUser, Kind::kUser, "added", new_person},
    Noted{&info::kDisableUser, Kind::kUser, "disabled", person_of_path},
    Noted{&info::kResetUser, Kind::kUser, "reset", person_of_path},
    Noted{&info::kAddProject, Kind::kProject, "added", new_project},
    Noted{&info::kGrantRole, Kind::kProject, "granted", member_role},
    Noted{&info::kRemoveMember, Kind::kProject, "removed", member},
    Noted{&info::kAttachDataset, Kind::kProject, "attached", project_dataset},
    Noted{&info::kDetachDataset, Kind::kProject, "detached", project_dataset},
    Noted{&info::kMakeAccessKey, Kind::kAccessKey, "made", made_key},
    Noted{&info::kRevokeAccessKey, Kind::kAccessKey, "revoked", key_of_path},
    Noted{&info::kPageSignIn, Kind::kSignIn, "made", signed_in},
    Noted{&info::kPageSignOut, Kind::kSignOut, "ended", nothing},
    Noted{&info::kPageStepUp, Kind::kStepUp, "shown", nothing},
    Noted{&info::kPageStepUpPasskey, Kind::kStepUp, "shown", nothing},
    Noted{&info::kPageMakeAccessKey, Kind::kAccessKey, "made", made_key},
    Noted{&info::kPageRevokeAccessKey, Kind::kAccessKey, "revoked", revoked_key},
    Noted{&info::kPageRegisterPasskey, Kind::kFactor, "added", nothing},
    Noted{&info::kPageRemovePasskey, Kind::kFactor, "removed", nothing},
    Noted{&info::kPutPackage, Kind::kUpload, "offered", upload_of_path},
    Noted{&info::kPublishUpload, Kind::kPublish, "published", upload_of_path},
    Noted{&info::kDropVersion, Kind::kDrop, "dropped", dropped},
};

const Noted* find(const api::RouteInfo& route) {
  const auto* found = std::find_if(kNoted.begin(), kNoted.end(), [&](const Noted& noted) {
    return noted.route->method == route.method && noted.route->pattern == route.pattern;
  });
  return found == kNoted.end() ? nullptr : found;
}

/// Of a session nothing is left when its token is not told; a change of rights, keys or data stays.
bool outlives_its_record(Kind kind) {
  return kind == Kind::kBootstrap || kind == Kind::kUser || kind == Kind::kProject ||
         kind == Kind::kAccessKey || kind == Kind::kFactor || kind == Kind::kPublish ||
         kind == Kind::kDrop;
}

/// What somebody claims to be called is often a password that was typed in the wrong place.
void claimed_name(Parts& parts, Event& event, const HttpRequest& request) {
  auto message = api::SignInRequest::from_json(base::text_of(request.body));
  if (!message.ok()) return;
  event.fingerprint("claimed", parts.audit.fingerprint("claimed", base::view_of(message->user)));
  base::wipe(message->password.data(), message->password.size());
}
}  // namespace

Event event_of(Kind kind, const HttpRequest& request, const auth::Caller* caller) {
  Event event(kind);
  event.machine(request.peer.name, request.peer.address);
  if (caller != nullptr) event.person(caller->person.name).key_id(caller->key.id);
  return event;
}

Result<HttpResponse> recorded(Parts& parts, const api::RouteInfo& route, const HttpRequest& request,
                              const auth::Caller* caller,
                              const std::function<Result<HttpResponse>()>& handler) {
  const Noted* noted = find(route);
  if (noted == nullptr) return handler();
  std::optional<std::int64_t> announced;
  if (outlives_its_record(noted->kind)) {
    // What names the request holds is not known to be right before the handler has looked.
    Event intent = event_of(noted->kind, request, caller);
    intent.action(noted->action).route(route.method, route.pattern).word("state", "begun");
    CN_ASSIGN(announced, parts.audit.announce(std::move(intent)));
  }
  auto response = handler();
  if (response.ok()) {
    Event event = event_of(noted->kind, request, caller);
    event.action(noted->action);
    noted->details(event, request, *response);
    CN_RETURN_IF_ERROR(announced.has_value() ? parts.audit.settle(*announced, std::move(event))
                                             : parts.audit.record(std::move(event)));
    return response;
  }
  if (announced.has_value()) CN_RETURN_IF_ERROR(parts.audit.settle(*announced, std::nullopt));
  const bool signing_in = noted->kind == Kind::kSignIn;
  const Kind kind = response.error().rule.ends_with("too_many") ? Kind::kRateLimited
                    : signing_in                                ? Kind::kSignInDenied
                                                                : noted->kind;
  Event event = event_of(kind, request, caller);
  if (signing_in) {
    claimed_name(parts, event, request);
  } else {
    event.action(noted->action);
  }
  event.error(response.error());
  parts.audit.note(std::move(event));
  return response;
}

base::Status record_recovery_code(Parts& parts, const HttpRequest& request,
                                  const std::string& user) {
  Event event = event_of(Kind::kFactor, request);
  return parts.audit.record(
      std::move(event.person(user).action("used_up").word("factor", "recovery_code")));
}

base::Error not_admitted(Parts& parts, const api::RouteInfo& route, const HttpRequest& request,
                         const auth::Caller* caller, base::Error error) {
  Event event = event_of(Kind::kRefusal, request, caller);
  event.route(route.method, route.pattern).error(error);
  parts.audit.note(std::move(event));
  return error;
}

}  // namespace cryptonet::gatekeeper::serve
