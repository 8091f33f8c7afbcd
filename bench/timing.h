// SPDX-License-Identifier: Apache-2.0
// How often a job is repeated, and what is kept of its times.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/report.h"

namespace cryptonet::bench {

/// Runs `body` at least seven times and until its time is used up.
struct Timing {
  NanosecondsPerRow ns_per_row;
  std::size_t repeats = 0;
};
Timing time_rows(std::uint64_t rows, const std::function<void()>& body);

/// What a timed loop adds up goes here, so that it cannot be left out.
void keep_alive(std::uint64_t value);

}  // namespace cryptonet::bench
