// SPDX-License-Identifier: Apache-2.0
// The cloud as one running program: home, computation and server, from start to the stop signal.
#pragma once

#include <spdlog/logger.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "cloud/compute/totals.h"
#include "net/serving.h"

namespace cryptonet::cloud::serve {

struct ServeOptions {
  std::filesystem::path home;
  std::string listen;               ///< "127.0.0.1:4443"; port 0 asks for a free one
  std::filesystem::path enrolment;  ///< the cloud's own: certificate, key and authority
  std::size_t threads = 1;          ///< of the computation
  std::size_t totals_kept = compute::Totals::kKeptMax;
  net::Serving serving;
  std::string version;
  std::shared_ptr<spdlog::logger> log;
  std::function<void(const std::string& url)> on_ready;
};
/// Serves until base::stop_signalled(), then ends as `serving` says.
base::Status serve(const ServeOptions& options);

}  // namespace cryptonet::cloud::serve
