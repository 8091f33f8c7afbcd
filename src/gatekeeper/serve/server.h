// SPDX-License-Identifier: Apache-2.0
// Runs the gatekeeper until it is told to stop (base/stop.h): serves, and reminds the cloud of
// versions that were dropped while it was away.
#pragma once

#include <functional>

#include "gatekeeper/auth/passkey.h"
#include "gatekeeper/home/home.h"
#include "net/serving.h"

namespace cryptonet::gatekeeper::serve {

struct ServeOptions {
  std::string listen;     ///< host:port; port 0 asks for a free one
  std::string cloud_url;  ///< the cloud need not be there
  std::string program_version;
  /// Where the page for browsers stands; none without.
  std::optional<auth::PasskeySite> site;
  net::Serving serving;
};

/// `ready` gets the address once questions are answered. Success after a stop signal.
base::Status serve(home::Home& home, const ServeOptions& options,
                   const std::function<void(const std::string& url)>& ready);

}  // namespace cryptonet::gatekeeper::serve
