// SPDX-License-Identifier: Apache-2.0
#include "net/serving.h"

#include <array>
#include <charconv>
#include <cmath>
#include <thread>

#include "base/stop.h"

namespace cryptonet::net {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr double kMaxRate = 1e6;
constexpr double kBurstSeconds = 10;

struct Named {
  std::string_view name;
  Rate Rates::*rate;
};
constexpr std::array<Named, 8> kNames = {{{"person", &Rates::person},
                                          {"machine", &Rates::certificate},
                                          {"address", &Rates::address},
                                          {"stranger", &Rates::stranger},
                                          {"sign-in", &Rates::sign_in},
                                          {"sign-in-address", &Rates::sign_in_address},
                                          {"handshake-address", &Rates::handshake_address},
                                          {"handshake", &Rates::handshake}}};

Error bad_rate(std::string_view text) {
  std::string names;
  for (const Named& each : kNames) names += (names.empty() ? "" : ", ") + std::string(each.name);
  return Error(ErrorCode::kUsage, "usage.limit",
               "--limit '" + std::string(text) + "' is not NAME=PER_SECOND[:BURST]",
               "for example sign-in=1:60; 0 sets no limit. Names: " + names);
}

bool parse_part(std::string_view text, double& out) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
  return error == std::errc() && end == text.data() + text.size() && out >= 0 && out <= kMaxRate;
}
}  // namespace

Status set_rate(std::string_view text, Rates& rates) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return bad_rate(text);
  std::string_view numbers = text.substr(equals + 1);
  const std::size_t colon = numbers.find(':');
  Rate rate;
  if (!parse_part(numbers.substr(0, colon), rate.per_s)) return bad_rate(text);
  rate.burst = std::ceil(rate.per_s * kBurstSeconds);
  if (colon != std::string_view::npos && !parse_part(numbers.substr(colon + 1), rate.burst)) {
    return bad_rate(text);
  }
  for (const Named& each : kNames) {
    if (each.name != text.substr(0, equals)) continue;
    rates.*each.rate = rate;
    return base::ok();
  }
  return bad_rate(text);
}

Result<Rates> rates_from(const std::vector<std::string>& texts) {
  Rates rates;
  for (const std::string& text : texts) CN_RETURN_IF_ERROR(set_rate(text, rates));
  return rates;
}

Status apply(const Serving& serving, ServerOptions& options) {
  CN_ASSIGN(options.rates, rates_from(serving.rates));
  options.max_connections = serving.max_connections;
  options.max_connections_per_certificate = serving.max_connections_per_certificate;
  return base::ok();
}

void end_serving(HttpServer& server, const Serving& serving) {
  std::this_thread::sleep_for(serving.drain);
  server.stop(serving.grace);
  base::break_off();
}

}  // namespace cryptonet::net
