// SPDX-License-Identifier: Apache-2.0
// Parameters of paths are strangers' text: ids and hashes are exact lower-case hex or refused.
#include "cloud/serve/routes.h"

#include <chrono>

#include "api/messages.h"
#include "api/routes.h"

namespace cryptonet::cloud::serve {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using columns::format::UploadId;
using net::HttpRequest;
using net::HttpResponse;

Result<UploadId> upload_in(const HttpRequest& request) {
  UploadId id;
  if (base::from_hex(request.path_parameters.at(0), id.bytes)) return id;
  return Error(ErrorCode::kBadInput, "cloud.upload_id",
               "an upload id must have 32 lower-case hexadecimal digits");
}

HttpResponse state_of(const store::Store& store, const UploadId& id) {
  const store::UploadStatus status = store.status(id);
  api::UploadState state;
  state.upload = id.hex();
  if (status.present) state.manifest_digest = base::to_hex(status.manifest_digest);
  state.complete = status.complete();
  for (const base::Digest& name : status.missing) state.missing.push_back(base::to_hex(name));
  return net::json_response(state.to_json());
}

Result<HttpResponse> put_manifest(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  CN_RETURN_IF_ERROR(parts.store.put_manifest(id, request.body));
  return state_of(parts.store, id);
}

Result<HttpResponse> get_upload(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  return state_of(parts.store, id);
}

Result<HttpResponse> put_segment(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  base::Digest name{};
  if (!base::from_hex(request.path_parameters.at(1), name)) {
    return Error(ErrorCode::kBadInput, "cloud.segment_name",
                 "a segment is named by 64 lower-case hexadecimal digits");
  }
  CN_ASSIGN(const bool already_present, parts.store.put_segment(id, name, request.body));
  api::SegmentStored stored;
  stored.sha256 = base::to_hex(name);
  stored.already_present = already_present;
  return net::json_response(stored.to_json());
}

Result<HttpResponse> complete_upload(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  CN_ASSIGN(const auto upload, parts.store.find(id));
  static_cast<void>(upload);
  return state_of(parts.store, id);
}

Result<HttpResponse> delete_upload(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  CN_RETURN_IF_ERROR(parts.store.remove(id));
  return state_of(parts.store, id);
}

Result<HttpResponse> compute_totals(const Parts& parts, const HttpRequest& request) {
  CN_ASSIGN(const UploadId id, upload_in(request));
  const auto started = std::chrono::steady_clock::now();
  compute::Work work;
  CN_ASSIGN(base::Bytes reply, parts.totals.answer(id, request.body, work));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - started;
  if (parts.on_totals) parts.on_totals(work, time.count());
  return net::octet_response(std::move(reply));
}

Result<HttpResponse> get_status(const Parts& parts, const HttpRequest&) {
  const auto figures = parts.store.segments().figures();
  api::CloudStatus status;
  status.version = parts.version;
  status.uploads = parts.store.uploads();
  status.segments = figures.segments;
  status.bytes = figures.bytes;
  return net::json_response(status.to_json());
}

Result<HttpResponse> get_health(const Parts&, const HttpRequest&) {
  return net::json_response(api::Health().to_json());
}

Result<HttpResponse> get_readiness(const Parts& parts, const HttpRequest&) {
  if (parts.ready) CN_RETURN_IF_ERROR(parts.ready());
  return net::json_response(api::Health().to_json());
}

using PartHandler = Result<HttpResponse> (*)(const Parts&, const HttpRequest&);

net::Route make_route(const api::RouteInfo& info, const std::shared_ptr<const Parts>& parts,
                      PartHandler handler) {
  net::Route route;
  route.method = info.method;
  route.pattern = info.pattern;
  route.max_body_bytes = info.max_body_bytes;
  route.lane = net::lane_from_name(info.lane);
  if (info.anybody) route.roles.push_back(net::PeerRole::kNone);
  for (const std::string_view role : info.roles) route.roles.push_back(net::role_from_name(role));
  route.handler = [parts, handler](const HttpRequest& request) { return handler(*parts, request); };
  return route;
}

}  // namespace

std::vector<net::Route> make_routes(Parts parts) {
  const auto shared = std::make_shared<const Parts>(std::move(parts));
  return {make_route(api::cloud::kPutManifest, shared, put_manifest),
          make_route(api::cloud::kGetUpload, shared, get_upload),
          make_route(api::cloud::kPutSegment, shared, put_segment),
          make_route(api::cloud::kCompleteUpload, shared, complete_upload),
          make_route(api::cloud::kDeleteUpload, shared, delete_upload),
          make_route(api::cloud::kComputeTotals, shared, compute_totals),
          make_route(api::cloud::kGetStatus, shared, get_status),
          make_route(api::cloud::kGetHealth, shared, get_health),
          make_route(api::cloud::kGetReadiness, shared, get_readiness)};
}

}  // namespace cryptonet::cloud::serve
