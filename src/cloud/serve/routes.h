// SPDX-License-Identifier: Apache-2.0
// The cloud's routes (api/openapi.json) over a store: each handler reads its parameters, calls the
// store or the computation, and writes the message that the interface names. Handlers run on
// several threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cloud/compute/totals.h"
#include "cloud/store/store.h"
#include "net/http.h"

namespace cryptonet::cloud::serve {

/// What the routes work on; all of it outlives them.
struct Parts {
  store::Store& store;
  compute::Totals& totals;
  std::string version;
  /// Told of every request for totals that was answered; may be empty.
  std::function<void(const compute::Work&, double milliseconds)> on_totals = {};
  std::function<base::Status()> ready = {};  ///< why not, if not; may be empty: it is
};
std::vector<net::Route> make_routes(Parts parts);

}  // namespace cryptonet::cloud::serve
