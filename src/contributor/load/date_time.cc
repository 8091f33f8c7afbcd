// SPDX-License-Identifier: Apache-2.0
// The calendar is <chrono>'s; the parser is a cursor over fixed-width numbers.
#include "contributor/load/date_time.h"

#include <chrono>

namespace cryptonet::contributor::load {
namespace {

namespace chrono = std::chrono;

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  /// Exactly `width` digits, at most `limit`.
  std::optional<int> number(std::size_t width, int limit) {
    if (rest_.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    if (value > limit) return std::nullopt;
    return value;
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_digits() {
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') rest_.remove_prefix(1);
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> read_day(Cursor& cursor) {
  const auto year = cursor.number(4, 9999);
  if (!year) return std::nullopt;
  const char separator = cursor.take('-') ? '-' : '/';
  if (separator == '/' && !cursor.take('/')) return std::nullopt;
  const auto month = cursor.number(2, 12);
  if (!month || !cursor.take(separator)) return std::nullopt;
  const auto day = cursor.number(2, 31);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year),
                                    chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return chrono::sys_days(date).time_since_epoch().count();
}

/// The zone's offset in seconds; nothing when it is malformed.
std::optional<int> read_zone(Cursor& cursor) {
  if (cursor.done() || cursor.take('Z')) return 0;
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hours = cursor.number(2, 23);
  if (!hours) return std::nullopt;
  int minutes = 0;
  if (!cursor.done()) {
    (void)cursor.take(':');
    const auto read = cursor.number(2, 59);
    if (!read) return std::nullopt;
    minutes = *read;
  }
  const int offset = *hours * 3600 + minutes * 60;
  return east ? offset : -offset;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  Cursor cursor(text);
  const auto day = read_day(cursor);
  if (!day) return std::nullopt;
  Instant instant{*day, 0, false};
  if (cursor.done()) return instant;
  if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
  const auto hour = cursor.number(2, 23);
  if (!hour || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.number(2, 59);
  if (!minute) return std::nullopt;
  int second = 0;
  if (cursor.take(':')) {
    const auto read = cursor.number(2, 59);
    if (!read) return std::nullopt;
    second = *read;
    if (cursor.take('.')) cursor.skip_digits();
  }
  const auto zone = read_zone(cursor);
  if (!zone || !cursor.done()) return std::nullopt;
  const std::int64_t total = *day * 86'400 + *hour * 3600 + *minute * 60 + second - *zone;
  instant = instant_of(total, 86'400);
  instant.has_time = true;
  return instant;
}

Instant instant_of(std::int64_t ticks, std::int64_t ticks_per_day) {
  std::int64_t day = ticks / ticks_per_day;
  std::int64_t rest = ticks % ticks_per_day;
  if (rest < 0) {
    rest += ticks_per_day;
    --day;
  }
  // A tick may be longer or shorter than a second.
  const std::int64_t second =
      ticks_per_day >= 86'400 ? rest / (ticks_per_day / 86'400) : rest * (86'400 / ticks_per_day);
  return {day, static_cast<std::int32_t>(second), ticks_per_day > 1};
}

std::int64_t part_of(const Instant& instant, table::DatePart part) {
  if (part == table::DatePart::kHour) return instant.second / 3600;
  // <chrono> counts years in 16 bits.
  const chrono::sys_days day{chrono::days(static_cast<int>(instant.day))};
  if (part == table::DatePart::kWeekday) {
    return static_cast<std::int64_t>(chrono::weekday(day).iso_encoding());
  }
  const chrono::year_month_day date(day);
  const auto month = static_cast<std::int64_t>(static_cast<unsigned>(date.month()));
  switch (part) {
    case table::DatePart::kYear:
      return static_cast<int>(date.year());
    case table::DatePart::kQuarter:
      return (month + 2) / 3;
    case table::DatePart::kMonth:
      return month;
    default:
      return 0;
  }
}

}  // namespace cryptonet::contributor::load
