// SPDX-License-Identifier: Apache-2.0
// A route of api/openapi.json, and the path that calls it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cryptonet::api {

struct RouteInfo {
  std::string_view method;
  std::string_view pattern;                      ///< "/v1/uploads/{}/segments/{}"
  std::size_t max_body_bytes = 0;                ///< of a request; 0 when it has no body
  bool anybody = false;                          ///< even without a certificate
  std::span<const std::string_view> roles = {};  ///< "contributor" …: machines that may call it
  /// "researcher" …: roles of persons that may call it, signed in. Empty: it asks for no person.
  std::span<const std::string_view> people = {};
  std::span<const std::string_view> alone = {};  ///< machines that may call it without a person
  bool access_keys = false;                      ///< an access key will do instead of a session
  bool step_up = false;                          ///< the second factor must be fresh
  std::string_view lane = "work";                ///< who runs it: net::Lane by its word
};

/// All but unreserved characters as %XX (RFC 3986 2.3).
std::string percent_encoded(std::string_view text);
/// The pattern with each {} replaced, in order, by a percent-encoded parameter. There must be as
/// many of one as of the other.
std::string path_of(const RouteInfo& route, std::initializer_list<std::string_view> parameters);

}  // namespace cryptonet::api
