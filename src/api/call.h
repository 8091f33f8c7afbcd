// SPDX-License-Identifier: Apache-2.0
// One call of a route: path, body, and the reply as a message. For clients of both servers.
#pragma once

#include <initializer_list>

#include "api/messages.h"
#include "api/path.h"
#include "net/http.h"

namespace cryptonet::api {

struct Body {
  base::ByteView bytes = {};
  const char* content_type = "application/octet-stream";
};
inline Body json_body(std::string_view text) { return {base::view_of(text), "application/json"}; }

/// The body of the answer. Errors are those of net::HttpClient::request.
base::Result<base::Bytes> call_for_bytes(net::HttpClient& client, const RouteInfo& route,
                                         std::initializer_list<std::string_view> parameters,
                                         Body body = {});

/// kUnreachable (rule api.reply): the answer came but is not the message that was expected.
base::Error strange_reply(const base::Error& why);

/// The answer as a message.
template <typename Reply>
base::Result<Reply> call(net::HttpClient& client, const RouteInfo& route,
                         std::initializer_list<std::string_view> parameters, Body body = {}) {
  CN_ASSIGN(const base::Bytes bytes, call_for_bytes(client, route, parameters, body));
  auto reply = Reply::from_json(base::text_of(bytes));
  if (!reply.ok()) return strange_reply(reply.error());
  return reply;
}

}  // namespace cryptonet::api
