// SPDX-License-Identifier: Apache-2.0
// Dates and times as text, and their parts, in UTC and the Gregorian calendar.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "table/schema.h"

namespace cryptonet::contributor::load {

/// Days since 1970-01-01 and the second within the day, UTC.
struct Instant {
  std::int64_t day = 0;
  std::int32_t second = 0;
  bool has_time = false;  ///< a time of day was written
};

/// ISO 8601: YYYY-MM-DD, or YYYY-MM-DD, 'T' or a blank, HH:MM[:SS[.fraction]][Z|+HH:MM|-HH:MM];
/// without a zone it is UTC. '/' may stand for both '-'. Nothing for anything else.
std::optional<Instant> parse_instant(std::string_view text);
/// Ticks since 1970-01-01 UTC.
Instant instant_of(std::int64_t ticks, std::int64_t ticks_per_day);
/// year; quarter 1–4; month 1–12; weekday 1–7 (Monday is 1); hour 0–23.
std::int64_t part_of(const Instant& instant, table::DatePart part);

}  // namespace cryptonet::contributor::load
