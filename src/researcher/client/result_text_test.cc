// SPDX-License-Identifier: Apache-2.0
#include "researcher/client/result_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cryptonet::researcher::client {
namespace {

api::QueryResult example() {
  api::QueryResult result;
  result.dataset = "t";
  result.version = 3;
  result.columns = {{"g", "text", 0},
                    {"COUNT(*)", "integer", 0},
                    {"SUM(x)", "decimal", 2},
                    {"AVG(x)", "real", 0}};
  result.rows = {{"Z\xC3\xBCrich", "1200", "-12.50", 0.1},
                 {"A", api::Cell(), api::Cell(), api::Cell()}};
  result.suppressed = {{1, 1}, {1, 2}};
  result.plan = {4, 1, 1, 100, 144, 1250000};
  result.timing_ms.total = 153.4;
  return result;
}

TEST(TableOf, PutsNumbersToTheRightAndTellsNullFromSuppressed) {
  EXPECT_EQ(table_of(example()),
            " g      |     COUNT(*) |       SUM(x) | AVG(x)\n"
            "--------+--------------+--------------+--------\n"
            " Z\xC3\xBCrich |         1200 |       -12.50 |    0.1\n"
            " A      | <suppressed> | <suppressed> |   NULL\n");
}

TEST(TableOf, KeepsHostileLabelsOffTheTerminal) {
  auto result = example();
  result.rows[0][0] = "a\x1b[2Jb\nc\x7f\xC2\x9B";
  result.columns[0].name = "g\r";
  const std::string text = table_of(result);
  for (const char c : {'\x1b', '\r', '\x7f', '\x9b'}) {
    EXPECT_EQ(text.find(c), std::string::npos) << static_cast<int>(c);
  }
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
}

TEST(TableOf, ShowsAnAnswerWithoutRows) {
  auto result = example();
  result.rows.clear();
  result.suppressed.clear();
  EXPECT_EQ(table_of(result),
            " g | COUNT(*) | SUM(x) | AVG(x)\n---+----------+--------+--------\n");
}

TEST(SummaryOf, SaysWhatItCost) {
  EXPECT_EQ(summary_of(example()),
            "2 rows, 2 cells suppressed; t version 3; 4 pairs in 1 unit, 1.25 MB read; 153 ms");
  auto result = example();
  result.cached = true;
  result.suppressed.clear();
  result.timing_ms.total = 0.25;
  EXPECT_EQ(summary_of(result), "2 rows; t version 3; kept from an earlier answer; 0.2 ms");
}

TEST(CsvOf, FollowsRfc4180) {
  auto result = example();
  result.columns[0].name = "g, \"quoted\"";
  result.rows.push_back({"say \"x\",\r\ny", "1", "2.00", 1e300});
  result.rows.push_back({"", "1", "2.00", -0.5});
  result.rows.push_back({"<suppressed>", "1", "2.00", 3.0});
  EXPECT_EQ(csv_of(result),
            "\"g, \"\"quoted\"\"\",COUNT(*),SUM(x),AVG(x)\r\n"
            "Z\xC3\xBCrich,1200,-12.50,0.1\r\n"
            "A,<suppressed>,<suppressed>,\r\n"
            "\"say \"\"x\"\",\r\ny\",1,2.00,1e+300\r\n"
            "\"\",1,2.00,-0.5\r\n"
            "\"<suppressed>\",1,2.00,3\r\n");
}

TEST(RealText, ReadsBackAsTheSameNumber) {
  for (const double value : {0.1, 1.0 / 3.0, 1e-320, 1.7976931348623157e308, -123456789.125}) {
    EXPECT_EQ(std::strtod(real_text(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(real_text(17), "17");
}

TEST(BytesText, CountsInThousands) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.00 KB");
  EXPECT_EQ(bytes_text(1250000000), "1.25 GB");
}

TEST(TableOf, DescribesADataset) {
  api::DatasetDescription dataset;
  dataset.name = "flights";
  dataset.version = 2;
  dataset.versions = {{1, "aa", 100, 1, false}, {2, "bb", 50, 1, true}};
  api::ColumnDescription delay;
  delay.name = delay.from = "delay";
  delay.role = "measure";
  delay.min = "-12.5";
  delay.max = "100.0";
  delay.powers = 2;
  api::ColumnDescription month;
  month.name = "month";
  month.from = "date";
  month.role = "dimension";
  month.part = "month";
  for (int i = 1; i <= 12; ++i) month.groups.push_back(std::to_string(i));
  dataset.columns = {delay, month};
  dataset.crosses = {{"month", "weekday"}};
  EXPECT_EQ(table_of(dataset),
            "dataset flights, newest version 2\n\n"
            " version | rows | units | state  | upload\n"
            "---------+------+-------+--------+--------\n"
            "       1 |  100 |     1 | ready  | aa\n"
            "       2 |   50 |     1 | frozen | bb\n\n"
            " column | role              | from  | null | content\n"
            "--------+-------------------+-------+------+---------------------------------------\n"
            " delay  | measure           | delay | no   | -12.5 to 100.0, powers to 2\n"
            " month  | dimension (month) | date  | no   | 1, 2, 3, 4, 5, 6, 7, 8, \xE2\x80\xA6 (12 "
            "groups)\n\n"
            "crosses: (month, weekday)\n");
}

}  // namespace
}  // namespace cryptonet::researcher::client
