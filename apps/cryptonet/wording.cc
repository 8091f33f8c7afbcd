// SPDX-License-Identifier: Apache-2.0
#include "wording.h"

#include <fmt/chrono.h>

namespace cryptonet::app {

std::string utc_text(std::uint64_t seconds) {
  if (seconds == 0) return "never";
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace cryptonet::app
