// SPDX-License-Identifier: Apache-2.0
#include "wording.h"

#include <fmt/chrono.h>

namespace cryptonet::app {

std::string utc_text(std::uint64_t seconds) {
  if (seconds == 0) return "never";
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace cryptonet::app
