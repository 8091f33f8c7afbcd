// SPDX-License-Identifier: Apache-2.0
// Lists and points in time as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cryptonet::app {

/// "2026-11-23 14:05:09 UTC" of seconds since 1970; "never" of 0.
std::string utc_text(std::uint64_t seconds);
/// "a, b, c"
std::string joined(const std::vector<std::string>& words);

}  // namespace cryptonet::app
