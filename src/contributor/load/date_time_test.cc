// SPDX-License-Identifier: Apache-2.0
// Known dates, and the calendar against the C library over two centuries.
#include "contributor/load/date_time.h"

#include <gtest/gtest.h>

#include <ctime>

namespace cryptonet::contributor::load {
namespace {

using table::DatePart;

TEST(DateTime, ReadsIsoTexts) {
  const auto date = parse_instant("2001-01-14");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->day, 11'336);
  EXPECT_FALSE(date->has_time);
  const auto time = parse_instant("2001-01-14T21:55:07.5Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->second, 21 * 3600 + 55 * 60 + 7);
  EXPECT_TRUE(time->has_time);
  // 01:30 at two hours east of Greenwich is 23:30 of the day before.
  const auto east = parse_instant("2001/01/14 01:30+02:00");
  ASSERT_TRUE(east);
  EXPECT_EQ(east->day, 11'335);
  EXPECT_EQ(part_of(*east, DatePart::kHour), 23);
  EXPECT_EQ(parse_instant("2000-02-29")->day, 11'016);
}

TEST(DateTime, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2001", "2001-1-14", "2001-02-29", "2001-13-01", "2001-01/14", "2001-01-14 ",
        "2001-01-14T", "2001-01-14T24:00", "2001-01-14T12:60", "2001-01-14T12", "2001-01-14T12:00X",
        "2001-01-14T12:00+2", "14.01.2001", "20010114"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

TEST(DateTime, FindsTheDayOfATickBeforeTheEpoch) {
  const Instant instant = instant_of(-1, 86'400'000'000);
  EXPECT_EQ(instant.day, -1);
  EXPECT_EQ(part_of(instant, DatePart::kHour), 23);
  EXPECT_EQ(part_of(instant, DatePart::kYear), 1969);
  EXPECT_EQ(part_of(instant, DatePart::kQuarter), 4);
}

TEST(DateTime, AgreesWithTheCalendarOfTheCLibrary) {
  for (std::int64_t day = -40'000; day < 40'000; ++day) {
    const std::time_t seconds = day * 86'400 + 3600 * (day & 15);
    std::tm parts{};
    ASSERT_NE(gmtime_r(&seconds, &parts), nullptr);
    const Instant instant = instant_of(seconds, 86'400);
    ASSERT_EQ(part_of(instant, DatePart::kYear), parts.tm_year + 1900) << day;
    ASSERT_EQ(part_of(instant, DatePart::kMonth), parts.tm_mon + 1) << day;
    ASSERT_EQ(part_of(instant, DatePart::kQuarter), parts.tm_mon / 3 + 1) << day;
    ASSERT_EQ(part_of(instant, DatePart::kWeekday), parts.tm_wday == 0 ? 7 : parts.tm_wday) << day;
    ASSERT_EQ(part_of(instant, DatePart::kHour), parts.tm_hour) << day;
  }
}

}  // namespace
}  // namespace cryptonet::contributor::load
