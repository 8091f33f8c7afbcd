// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's own numbers for its metrics: how much there is, never of whom or of what.
#pragma once

#include "gatekeeper/serve/gatekeeper.h"
#include "net/metrics.h"

namespace cryptonet::gatekeeper::serve {

/// `parts` outlives the metrics.
void add_figures(net::Metrics& metrics, Parts& parts);

}  // namespace cryptonet::gatekeeper::serve
