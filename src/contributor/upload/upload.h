// SPDX-License-Identifier: Apache-2.0
// Sends an upload folder: the package to the gatekeeper first, so that a wrong schema is refused
// before gigabytes travel, then manifest and segments to the cloud, then hints to the gatekeeper,
// then publication. Each step sends only what the server says it misses, so it goes on where it was
// cut off, and a second run changes nothing.
#pragma once

#include <functional>

#include "api/messages.h"
#include "contributor/upload/upload_folder.h"
#include "net/http.h"

namespace cryptonet::contributor::upload {

/// Bytes sent of those that have to be sent in the current step ("segments", "hints").
struct Progress {
  const char* step = "";
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};
using OnProgress = std::function<void(const Progress&)>;

struct Uploaded {
  std::string dataset;
  std::uint64_t version = 0;
  std::uint64_t segments_sent = 0;
  std::uint64_t segments_present = 0;
};

/// kIntegrity names the damaged file; kUnreachable and kInterrupted leave everything so that the
/// same call goes on; the servers' own words otherwise.
base::Result<Uploaded> send(const UploadFolder& folder, net::HttpClient& gatekeeper,
                            net::HttpClient& cloud, const OnProgress& on_progress);

/// Drops a version that this contributor uploaded.
base::Result<api::Dropped> drop(net::HttpClient& gatekeeper, const std::string& dataset,
                                std::uint64_t version);

}  // namespace cryptonet::contributor::upload
