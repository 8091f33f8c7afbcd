// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/verify/cloud_link.h"

#include "api/routes.h"

namespace cryptonet::gatekeeper::verify {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kComputeTimeout{900};
constexpr std::chrono::seconds kStatusTimeout{3};
constexpr std::size_t kMaxIdleConnections = 8;
/// Above the largest reply: three numbers for each of kMaxTotalsPerRequest totals.
constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 20;
constexpr const char* kOctets = "application/octet-stream";

Error translated(Error error) {
  if (error.rule == "ledger.cap_of_totals") {
    // The cloud's figures are a third of a unit's rows, and how much others have asked: a unit may
    // be too small for its count to be released.
    return Error(ErrorCode::kRefused, error.rule,
                 "this question needs more new totals of one unit than may still be answered; as "
                 "many totals as rows would tell the rows",
                 "ask for fewer groups or columns, or for what was answered before");
  }
  switch (error.code) {
    case ErrorCode::kRefused:
    case ErrorCode::kIntegrity:
    case ErrorCode::kUnreachable:
      return error;
    case ErrorCode::kInterrupted:  // the signal is for this program, not for who asked
      return Error(ErrorCode::kUnreachable, "gatekeeper.stopping",
                   "the gatekeeper is being stopped", "ask again when it is back");
    case ErrorCode::kInternal:  // says itself whose fault it was
      return Error(ErrorCode::kUnreachable, "cloud.failed", error.message, error.hint);
    default:
      return Error(ErrorCode::kUnreachable, "cloud.failed",
                   "the cloud could not do it: " + error.message,
                   "the log of the cloud says more; nothing was opened");
  }
}
}  // namespace

Result<std::unique_ptr<CloudLink>> CloudLink::create(const std::string& url,
                                                     const net::TlsIdentity& identity) {
  std::unique_ptr<CloudLink> link(new CloudLink(url, identity));
  CN_ASSIGN(auto probe, link->connect(kConnectTimeout, kComputeTimeout));  // checks the URL only
  link->give_back(std::move(probe));
  return link;
}

Result<std::unique_ptr<net::HttpClient>> CloudLink::connect(std::chrono::seconds connect_timeout,
                                                            std::chrono::seconds request_timeout) {
  net::ClientOptions options;
  options.url = url_;
  options.identity = identity_;
  options.server_role = net::PeerRole::kCloud;
  options.connect_timeout = connect_timeout;
  options.request_timeout = request_timeout;
  options.max_response_bytes = kMaxReplyBytes;
  return net::HttpClient::create(std::move(options));
}

Result<std::unique_ptr<net::HttpClient>> CloudLink::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  return connect(kConnectTimeout, kComputeTimeout);
}

void CloudLink::give_back(std::unique_ptr<net::HttpClient> client) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(client));
}

Result<base::Bytes> CloudLink::totals(const columns::format::TotalsRequest& request) {
  CN_ASSIGN(auto client, take());
  const auto& route = api::cloud::kComputeTotals;
  auto reply =
      client->request(std::string(route.method), api::path_of(route, {request.upload.hex()}),
                      columns::format::write_totals_request(request), kOctets);
  if (!reply.ok()) return translated(reply.take_error());
  give_back(std::move(client));
  return reply;
}

Status CloudLink::remove(const columns::format::UploadId& upload) {
  CN_ASSIGN(auto client, take());
  const auto& route = api::cloud::kDeleteUpload;
  auto reply =
      client->request(std::string(route.method), api::path_of(route, {upload.hex()}), {}, kOctets);
  if (!reply.ok()) return translated(reply.take_error());
  give_back(std::move(client));
  return base::ok();
}

bool CloudLink::reachable() {
  auto client = connect(kStatusTimeout, kStatusTimeout);
  if (!client.ok()) return false;
  const auto& route = api::cloud::kGetStatus;
  return (*client)
      ->request(std::string(route.method), std::string(route.pattern), {}, kOctets)
      .ok();
}

}  // namespace cryptonet::gatekeeper::verify
