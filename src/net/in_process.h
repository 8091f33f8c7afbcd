// SPDX-License-Identifier: Apache-2.0
// A request as bytes, answered without a connection, by the same parser, the same entrance and the
// same handlers as over TLS: for fuzzing what strangers send. Rates are not counted.
#pragma once

#include "net/http.h"

namespace cryptonet::net {

/// Handlers of every lane run on the caller's thread.
HttpResponse answer_in_process(const std::vector<Route>& routes, const Peer& peer,
                               std::string_view bytes);

}  // namespace cryptonet::net
