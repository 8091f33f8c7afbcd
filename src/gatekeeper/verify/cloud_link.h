// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's calls to the cloud. Connections are kept and handed out one per call, so several
// questions may run at once. Nothing that the cloud says is believed here: numbers go to the
// opener, errors become words. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "columns/format/totals.h"
#include "net/http.h"

namespace cryptonet::gatekeeper::verify {

class CloudLink {
 public:
  /// kUsage for a malformed URL; the cloud need not be there.
  static base::Result<std::unique_ptr<CloudLink>> create(const std::string& url,
                                                         const net::TlsIdentity& identity);

  /// The reply's bytes. kRefused is passed on (the cap of totals); kIntegrity when the other end is
  /// not the cloud or says that its copy is damaged; everything else is kUnreachable.
  base::Result<base::Bytes> totals(const columns::format::TotalsRequest& request);
  base::Status remove(const columns::format::UploadId& upload);
  bool reachable();

 private:
  CloudLink(std::string url, net::TlsIdentity identity)
      : url_(std::move(url)), identity_(std::move(identity)) {}
  base::Result<std::unique_ptr<net::HttpClient>> connect(std::chrono::seconds connect_timeout,
                                                         std::chrono::seconds request_timeout);
  base::Result<std::unique_ptr<net::HttpClient>> take();
  void give_back(std::unique_ptr<net::HttpClient> client);

  std::string url_;
  net::TlsIdentity identity_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<net::HttpClient>> idle_;
};

}  // namespace cryptonet::gatekeeper::verify
