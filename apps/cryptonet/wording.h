// SPDX-License-Identifier: Apache-2.0
// Points in time as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace cryptonet::app {

/// "2026-11-23 14:05:09 UTC" of seconds since 1970; "never" of 0.
std::string utc_text(std::uint64_t seconds);

}  // namespace cryptonet::app
