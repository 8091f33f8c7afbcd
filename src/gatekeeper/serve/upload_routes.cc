// SPDX-License-Identifier: Apache-2.0
// What contributors call: package, hints, publish, drop.
#include <spdlog/spdlog.h>

#include "gatekeeper/intake/package.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using net::HttpRequest;
using net::HttpResponse;
using state::Principal;

Result<HttpResponse> put_package(Parts& parts, const Principal& principal,
                                 const HttpRequest& request) {
  CN_ASSIGN(const auto upload, parse_upload_id(request.path_parameters.at(0)));
  CN_ASSIGN(const auto package, intake::parse_package(request.body));
  CN_ASSIGN(const auto receipt, parts.intake.offer(principal, upload, package, now_s()));
  return net::json_response(receipt.to_json());
}

Result<HttpResponse> put_hints(Parts& parts, const Principal& principal,
                               const HttpRequest& request) {
  CN_ASSIGN(const auto upload, parse_upload_id(request.path_parameters.at(0)));
  CN_ASSIGN(const std::uint64_t first,
            parse_number(request.path_parameters.at(2), "the number of the first piece"));
  if (first > 0xFFFF) {
    return Error(ErrorCode::kBadInput, "upload.hint_size", "no unit has so many hint pieces");
  }
  CN_ASSIGN(const auto receipt,
            parts.intake.add_hints(principal, {upload, request.path_parameters.at(1),
                                               static_cast<std::uint32_t>(first), request.body}));
  return net::json_response(receipt.to_json());
}

Result<HttpResponse> publish(Parts& parts, const Principal& principal, const HttpRequest& request) {
  CN_ASSIGN(const auto upload, parse_upload_id(request.path_parameters.at(0)));
  CN_ASSIGN(const auto receipt, parts.intake.publish(principal, upload, now_s()));
  spdlog::info("upload {} is version {} of {}", receipt.upload, receipt.version, receipt.dataset);
  return net::json_response(receipt.to_json());
}

/// The version is gone for every question from here on, also when the cloud cannot be reached now.
Result<HttpResponse> drop(Parts& parts, const Principal& principal, const HttpRequest& request) {
  api::Dropped dropped;
  dropped.dataset = request.path_parameters.at(0);
  CN_ASSIGN(dropped.version,
            parse_number(request.path_parameters.at(1), "the number of the version"));
  CN_ASSIGN(const auto upload,
            parts.intake.drop(principal, dropped.dataset, dropped.version, now_s()));
  const auto forgotten = retry_deletions(parts);
  if (forgotten.ok()) {
    spdlog::info("upload {} was dropped, here and at the cloud", upload.hex());
  } else {
    spdlog::warn("upload {} was dropped here; the cloud is still to be asked: {}", upload.hex(),
                 base::describe(forgotten.error()));
  }
  return net::json_response(dropped.to_json());
}
}  // namespace

void add_upload_routes(Parts& parts, std::vector<net::Route>& routes) {
  using Function = Result<HttpResponse> (*)(Parts&, const Principal&, const HttpRequest&);
  const auto add = [&](const api::RouteInfo& info, Function function) {
    routes.push_back(admitted_route(
        parts, info, [&parts, function](const Principal& principal, const HttpRequest& request) {
          return function(parts, principal, request);
        }));
  };
  add(api::gatekeeper::kPutPackage, put_package);
  add(api::gatekeeper::kPutHints, put_hints);
  add(api::gatekeeper::kPublishUpload, publish);
  add(api::gatekeeper::kDropVersion, drop);
}

}  // namespace cryptonet::gatekeeper::serve
