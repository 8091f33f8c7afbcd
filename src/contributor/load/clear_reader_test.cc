// SPDX-License-Identifier: Apache-2.0
// Cells through a schema: the integers they become, and the errors that name their place.
#include "contributor/load/clear_reader.h"

#include <gtest/gtest.h>

#include <set>

#include "contributor/load/test_files.h"

namespace cryptonet::contributor::load {
namespace {

base::Result<ClearBatch> read(const std::string& csv, const std::string& toml) {
  const TestFolder folder;
  CN_ASSIGN(const auto source, TableSource::open(folder.write("t.csv", csv)));
  CN_ASSIGN(const auto schema, table::parse_schema("row_limit = 99\n" + toml, "s.toml"));
  CN_ASSIGN(auto reader, ClearReader::open(*source, schema, {}));
  return reader.next();
}

using Values = std::vector<std::int64_t>;

TEST(ClearReader, ReadsMeasuresExactly) {
  const auto batch = read("x\n1.5\n -2.25 \n\n1e1\n",
                          "[columns.x]\nrole='measure'\ndecimals=2\nmin=-3\nmax=10\nnullable=true");
  ASSERT_TRUE(batch.ok()) << describe(batch.error());
  EXPECT_EQ(batch->columns[0].values, (Values{150, -225, 0, 1000}));
  EXPECT_EQ(batch->columns[0].present, (std::vector<std::uint8_t>{1, 1, 0, 1}));
}

TEST(ClearReader, ReadsDictionariesOtherAndNull) {
  const auto batch = read("d,i\nb,2\n\"\",1\n,3.0\nzzz,\n",
                          "[columns.d]\nrole='dimension'\ncategories=['a','b','']\nother=true\n"
                          "nullable=true\n[columns.i]\nrole='dimension'\ncategories=[1,2,3]\n"
                          "nullable=true\n");
  ASSERT_TRUE(batch.ok()) << describe(batch.error());
  EXPECT_EQ(batch->columns[0].values, (Values{1, 2, 4, 3}));
  EXPECT_EQ(batch->columns[1].values, (Values{1, 0, 2, 3}));
}

TEST(ClearReader, ReadsPartsAndBins) {
  const auto batch =
      read("t,x\n2001-12-31T23:00:00Z,-0.5\n2001-01-01,0\n2003-05-05,499.999\n1999-01-01,1e300\n",
           "[columns.y]\nrole='dimension'\nfrom='t'\npart='year'\ncategories=[2001,2003]\n"
           "other=true\n[columns.w]\nrole='dimension'\nfrom='t'\npart='weekday'\n"
           "[columns.b]\nrole='bins'\nfrom='x'\nedges=[0,500]\n");
  ASSERT_TRUE(batch.ok()) << describe(batch.error());
  EXPECT_EQ(batch->columns[0].values, (Values{0, 0, 1, 2}));
  EXPECT_EQ(batch->columns[1].values, (Values{0, 0, 0, 4}));
  EXPECT_EQ(batch->columns[2].values, (Values{0, 1, 1, 2}));
  EXPECT_TRUE(batch->columns[2].finer);
  const auto whole = read("x\n7\n8.0\n", "[columns.b]\nrole='bins'\nfrom='x'\nedges=[0,500]\n");
  ASSERT_TRUE(whole.ok()) << describe(whole.error());
  EXPECT_FALSE(whole->columns[0].finer);
}

TEST(ClearReader, ReadsWeightsAndPersons) {
  const auto batch = read("p,w,x\nann,1,1\nbob,0,2\nann,1,3\n",
                          "[columns.x]\nrole='ignore'\n[columns.z]\nrole='measure'\nfrom='x'\n"
                          "min=0\nmax=9\n");
  ASSERT_TRUE(batch.ok());
  EXPECT_TRUE(batch->weights.empty());
  const auto both = read("p,w,x\nann,1,1\nbob,0,2\nann,1,3\n",
                         "weight='w'\nperson='p'\n[columns.x]\nrole='measure'\nmin=0\nmax=9\n");
  ASSERT_TRUE(both.ok()) << describe(both.error());
  EXPECT_EQ(both->weights, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(both->persons[0], both->persons[2]);
  EXPECT_NE(both->persons[0], both->persons[1]);
}

struct Wrong {
  const char* csv;
  const char* toml;
  const char* rule;
  std::int64_t line;
  std::int64_t column;
};
class WrongCell : public testing::TestWithParam<Wrong> {};

TEST_P(WrongCell, IsRefusedAtItsPlace) {
  const Wrong& wrong = GetParam();
  const auto batch = read(wrong.csv, wrong.toml);
  ASSERT_FALSE(batch.ok());
  const base::Error& error = batch.error();
  EXPECT_EQ(error.code, base::ErrorCode::kBadInput);
  EXPECT_EQ(error.rule, wrong.rule) << describe(error);
  EXPECT_EQ(error.line, wrong.line) << describe(error);
  EXPECT_EQ(error.column, wrong.column) << describe(error);
  EXPECT_TRUE(error.file.ends_with("t.csv"));
  EXPECT_EQ(describe(error).find("777"), std::string::npos) << "the cell is named";
}

#define MEASURE "[columns.x]\nrole='measure'\nmin=0\nmax=9\n"
#define DIMENSION "[columns.x]\nrole='dimension'\n"
INSTANTIATE_TEST_SUITE_P(
    Cases, WrongCell,
    testing::Values(Wrong{"a,x\n1,2\n1,777\n", MEASURE, "cell.range", 3, 2},
                    Wrong{"x\n1\n-777\n", MEASURE, "cell.range", 3, 1},
                    Wrong{"x\n77777777777777777777777\n", MEASURE, "cell.range", 2, 1},
                    Wrong{"x\n1\n2\n7.77\n", MEASURE, "cell.decimals", 4, 1},
                    Wrong{"x,y\n,1\n", MEASURE, "cell.null", 2, 1},
                    Wrong{"x,y\n\"\",1\n", MEASURE, "cell.number", 2, 1},
                    Wrong{"x\nabc777\n", MEASURE, "cell.number", 2, 1},
                    Wrong{"x\nnan\n", MEASURE, "cell.number", 2, 1},
                    Wrong{"x\n777\n", DIMENSION "categories=['a']\n", "cell.dictionary", 2, 1},
                    Wrong{"x\n777\n", DIMENSION "categories=[1]\n", "cell.dictionary", 2, 1},
                    Wrong{"x\n777\n", DIMENSION "part='month'\n", "cell.date", 2, 1},
                    Wrong{"x\n2002-07-07\n", DIMENSION "part='year'\ncategories=[2001]\n",
                          "cell.dictionary", 2, 1},
                    Wrong{"x\n7z7\n", "[columns.x]\nrole='bins'\nedges=[1]\n", "cell.number", 2, 1},
                    Wrong{"w,x\n1,1\n777,1\n", "weight='w'\n" MEASURE, "cell.weight", 3, 1},
                    Wrong{"p,x\n,1\n", "person='p'\n" MEASURE, "cell.null", 2, 1},
                    Wrong{"y\n1\n", MEASURE, "table.unknown_column", 1, 0}));

TEST(ClearReader, ReportsTheFirstBadRow) {
  const auto batch =
      read("x,y\n1,1\n1,99\n99,1\n", MEASURE "[columns.y]\nrole='measure'\nmin=0\nmax=9\n");
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().line, 3);
  EXPECT_EQ(batch.error().column, 2);
}

}  // namespace
}  // namespace cryptonet::contributor::load
