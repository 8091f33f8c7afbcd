// SPDX-License-Identifier: Apache-2.0
#include "api/path.h"

#include "base/result.h"

namespace cryptonet::api {

std::string percent_encoded(std::string_view text) {
  std::string out;
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

std::string path_of(const RouteInfo& route, std::initializer_list<std::string_view> parameters) {
  std::string out;
  std::string_view rest = route.pattern;
  for (const auto parameter : parameters) {
    const auto hole = rest.find("{}");
    CHECK(hole != std::string_view::npos);
    out += rest.substr(0, hole);
    out += percent_encoded(parameter);
    rest.remove_prefix(hole + 2);
  }
  CHECK(rest.find("{}") == std::string_view::npos);
  out += rest;
  return out;
}

}  // namespace cryptonet::api
