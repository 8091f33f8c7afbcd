// SPDX-License-Identifier: Apache-2.0
// One call of a route (call.h).
#include "api/call.h"

namespace cryptonet::api {

base::Result<base::Bytes> call_for_bytes(net::HttpClient& client, const RouteInfo& route,
                                         std::initializer_list<std::string_view> parameters,
                                         Body body) {
  return client.request(std::string(route.method), path_of(route, parameters), body.bytes,
                        body.content_type);
}

base::Error strange_reply(const base::Error& why) {
  return {base::ErrorCode::kUnreachable, "api.reply",
          "the server's answer is not understood: " + why.message, why.hint};
}

}  // namespace cryptonet::api
