// SPDX-License-Identifier: Apache-2.0
// Sealing and unsealing. A sealed gatekeeper cannot know persons, whose factors are sealed too:
// any joined machine may give what unseals, because only its holder has it. The machine that the
// gatekeeper runs on speaks with the gatekeeper's own certificate, which lies bare in the home.
#include <spdlog/spdlog.h>

#include "gatekeeper/auth/admission.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using net::HttpRequest;
using net::HttpResponse;
using Clock = Unsealing::Clock;

constexpr std::chrono::seconds kPatience{10};

bool is_own_machine(Parts& parts, const net::Peer& peer) {
  const auto own = net::read_certificate(parts.home.identity().certificate_pem);
  return own.ok() && peer.role == net::PeerRole::kGatekeeper && own->hash == peer.certificate_hash;
}

Status may_unseal(Parts& parts, const net::Peer& peer) {
  if (is_own_machine(parts, peer)) return base::ok();
  CN_RETURN_IF_ERROR(auth::principal_of(parts.home.identities(), peer));
  return base::ok();
}

/// The body held a passphrase or a share. It is the server's own copy, made for this request.
void wipe_body(const HttpRequest& request) {
  auto& body = const_cast<HttpRequest&>(request).body;
  base::wipe(body.data(), body.size());
}

Result<HttpResponse> reply(const Result<api::SealState>& state) {
  if (!state.ok()) return state.error();
  return net::json_response(state->to_json());
}

using Unseal = Result<api::SealState> (Unsealing::*)(const base::Digest&, base::ByteView,
                                                     Clock::time_point);

Result<HttpResponse> unseal(Parts& parts, const HttpRequest& request, Unseal function) {
  CN_RETURN_IF_ERROR(may_unseal(parts, request.peer));
  const bool was_sealed = parts.seal_gate.sealed();
  auto state =
      (parts.unsealing.*function)(request.peer.certificate_hash, request.body, Clock::now());
  wipe_body(request);
  audit::Event event(audit::Kind::kUnseal);
  event.machine(request.peer.name, request.peer.address);
  if (!state.ok()) parts.audit.note(event.error(state.error()));
  if (state.ok() && was_sealed) {
    parts.audit.note(state->sealed ? event.action("share") : event.action("opened"));
  }
  if (!state.ok()) {
    spdlog::warn("unsealing: {}", state.error().rule);
    return state.take_error();
  }
  if (was_sealed && !state->sealed) spdlog::info("unsealed");
  return reply(state);
}

/// The machine itself, or a custodian with a fresh second factor (`by_person` checks, and answers
/// with the name), who goes into the event.
Status may_seal(Parts& parts, const HttpRequest& request, const net::Handler& by_person,
                audit::Event& event) {
  if (is_own_machine(parts, request.peer)) return base::ok();
  CN_ASSIGN(const auto pass, parts.seal_gate.enter());  // left before the gate is closed
  CN_ASSIGN(const HttpResponse name, by_person(request));
  event.person(base::text_of(name.body));
  return base::ok();
}

Result<HttpResponse> seal(Parts& parts, const HttpRequest& request, const net::Handler& by_person) {
  if (parts.seal_gate.sealed()) {  // it knows nobody then, and there is nothing to do or to record
    CN_RETURN_IF_ERROR(may_unseal(parts, request.peer));
    return reply(parts.unsealing.state(Clock::now()));
  }
  audit::Event event(audit::Kind::kSeal);
  event.machine(request.peer.name, request.peer.address);
  CN_RETURN_IF_ERROR(may_seal(parts, request, by_person, event));
  CN_ASSIGN(const auto file, parts.home.seal_file());
  if (keys::mode_of(file) == keys::SealMode::kNone) {
    return Error(ErrorCode::kRefused, "seal.mode",
                 "this home is sealed by nothing: its keys lie bare on the disk",
                 "cryptonet-gatekeeper passphrase or shares seals it");
  }
  CN_RETURN_IF_ERROR(parts.audit.record_soon(std::move(event)));
  CN_RETURN_IF_ERROR(parts.seal_gate.seal(kPatience));
  spdlog::info("sealed");
  return reply(parts.unsealing.state(Clock::now()));
}
}  // namespace

void add_seal_routes(Parts& parts, std::vector<net::Route>& routes) {
  namespace info = api::gatekeeper;
  routes.push_back(
      open_route(info::kGetSeal, [&parts](const HttpRequest& request) -> Result<HttpResponse> {
        CN_RETURN_IF_ERROR(may_unseal(parts, request.peer));
        return reply(parts.unsealing.state(Clock::now()));
      }));
  routes.push_back(open_route(info::kUnsealByPassphrase, [&parts](const HttpRequest& request) {
    return unseal(parts, request, &Unsealing::by_passphrase);
  }));
  routes.push_back(open_route(info::kUnsealByShare, [&parts](const HttpRequest& request) {
    return unseal(parts, request, &Unsealing::by_shares);
  }));
  routes.push_back(open_route(info::kResetUnsealing,
                              [&parts](const HttpRequest& request) -> Result<HttpResponse> {
                                CN_RETURN_IF_ERROR(may_unseal(parts, request.peer));
                                return reply(parts.unsealing.reset());
                              }));
  net::Route sealing =
      person_route(parts, info::kSeal, [](const auto& caller, const auto&) -> Result<HttpResponse> {
        const base::ByteView name = base::view_of(caller->person.name);
        return net::octet_response({name.begin(), name.end()});
      });
  sealing.handler = [&parts, by_person = std::move(sealing.handler)](const HttpRequest& request) {
    return seal(parts, request, by_person);
  };
  routes.push_back(std::move(sealing));
}

void close_while_sealed(Parts& parts, std::vector<net::Route>& routes) {
  for (net::Route& route : routes) {
    route.handler = [&parts, handler = std::move(route.handler)](
                        const HttpRequest& request) -> Result<HttpResponse> {
      CN_ASSIGN(const auto pass, parts.seal_gate.enter());
      return handler(request);
    };
  }
}

}  // namespace cryptonet::gatekeeper::serve
