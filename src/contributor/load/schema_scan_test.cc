// SPDX-License-Identifier: Apache-2.0
// Proposals for tables with known contents: what is found, what is ignored and why, and that the
// text is a schema through which the table can be read.
#include "contributor/load/schema_scan.h"

#include <gtest/gtest.h>

#include "contributor/load/clear_reader.h"
#include "contributor/load/test_files.h"

namespace cryptonet::contributor::load {
namespace {

using table::Role;

class SchemaScan : public testing::Test {
 protected:
  ProposedSchema scan(const std::string& csv) {
    source_ = std::move(*TableSource::open(folder_.write("t.csv", csv)));
    auto proposed = scan_schema(*source_, {});
    EXPECT_TRUE(proposed.ok()) << describe(proposed.error());
    if (!proposed.ok()) return {};
    const auto parsed = table::parse_schema(proposed->toml, "proposed.toml");
    EXPECT_TRUE(parsed.ok()) << describe(parsed.error()) << proposed->toml;
    if (parsed.ok()) {
      EXPECT_EQ(*parsed, proposed->schema) << proposed->toml;
    }
    auto reader = ClearReader::open(*source_, proposed->schema, {});
    EXPECT_TRUE(reader.ok()) << describe(reader.error());
    while (reader.ok()) {
      const auto batch = reader->next();
      EXPECT_TRUE(batch.ok()) << describe(batch.error());
      if (!batch.ok() || batch->rows == 0) break;
    }
    return std::move(*proposed);
  }
  TestFolder folder_;
  std::unique_ptr<TableSource> source_;
};

std::string table_of(int rows, const std::string& header, std::string (*row)(int)) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += row(i) + "\n";
  return text;
}

TEST_F(SchemaScan, FindsTypesRangesNullsAndDictionaries) {
  const auto proposed = scan(table_of(
      1000, "id,age,money,word,flag,day,when,zip,note,empty,few", +[](int i) {
        const std::string n = std::to_string(i);
        return n + "," + std::to_string(i * 37 % 701 - 20) + "," +
               (i % 10 == 0 ? "" : std::to_string(i % 90) + ".5") + "," +
               (i % 3 == 0   ? "red"
                : i % 3 == 1 ? "green"
                             : "\"\"") +
               "," + (i % 2 == 0 ? "true" : "false") + ",200" + std::to_string(i % 2) + "-03-1" +
               std::to_string(i % 10) + ",2001-01-01T0" + std::to_string(i % 10) + ":00:00," + "0" +
               std::to_string(1000 + i % 5) + ",note " + n + ",," + std::to_string(i % 3);
      }));
  const table::Schema& schema = proposed.schema;
  EXPECT_EQ(proposed.rows, 1000U);
  EXPECT_EQ(schema.row_limit, 5000U);
  EXPECT_EQ(schema.find("id")->role, Role::kIgnore);
  const auto* age = schema.find("age");
  EXPECT_EQ(age->role, Role::kMeasure);
  EXPECT_EQ(age->min, -20);
  EXPECT_EQ(age->max, 680);
  EXPECT_FALSE(age->nullable);
  const auto* money = schema.find("money");
  EXPECT_EQ(money->decimals, 1U);
  EXPECT_EQ(money->max, 900);
  EXPECT_TRUE(money->nullable);
  EXPECT_EQ(table::group_count(*schema.find("word")), 3U);
  EXPECT_EQ(table::group_count(*schema.find("flag")), 2U);
  EXPECT_EQ(schema.find("day_year")->categories.size(), 2U);
  EXPECT_EQ(schema.find("day_month")->part, table::DatePart::kMonth);
  EXPECT_EQ(schema.find("day_hour"), nullptr);
  EXPECT_EQ(schema.find("when_hour")->part, table::DatePart::kHour);
  EXPECT_EQ(schema.find("zip")->role, Role::kDimension);
  EXPECT_EQ(schema.find("note")->role, Role::kIgnore);
  EXPECT_EQ(schema.find("empty")->role, Role::kIgnore);
  EXPECT_NE(proposed.toml.find("categories = [0, 1, 2]"), std::string::npos);
  EXPECT_NE(proposed.toml.find("looks like an identifier"), std::string::npos);
  EXPECT_NE(proposed.toml.find("bytes per row"), std::string::npos);
  // Many indicators beside few measures: twelve bytes and a third number per check are cheaper.
  EXPECT_EQ(proposed.parameters, "narrow");
  EXPECT_EQ(proposed.bytes_per_row, 12 * proposed.stored_columns);
  EXPECT_NE(proposed.toml.find("# Parameters: narrow, "), std::string::npos);
  EXPECT_NE(proposed.toml.find(" bytes per row of wide."), std::string::npos);
  EXPECT_NE(proposed.toml.find("# Not sums: "), std::string::npos);
}

TEST_F(SchemaScan, TellsIdentifiersFromQuantities) {
  const auto proposed = scan(table_of(
      500, "row,PatientId,phone,income", +[](int i) {
        const auto far = std::to_string(i * 7919 % 50'021);
        return std::to_string(i) + "," + far + "," + std::to_string(4'400'000'000 + i * 7919) +
               "," + far;
      }));
  for (const char* name : {"row", "PatientId", "phone"}) {
    EXPECT_EQ(proposed.schema.find(name)->role, Role::kIgnore) << name;
  }
  EXPECT_EQ(proposed.schema.find("income")->role, Role::kMeasure);
}

TEST_F(SchemaScan, RoundsRangesOutwardsAndNeverInwards) {
  const auto proposed = scan("a,b,c\n1437,-1198,0.001\n101,-9,12345.678\n300,4,5\n");
  EXPECT_EQ(proposed.schema.find("a")->min, 100);
  EXPECT_EQ(proposed.schema.find("a")->max, 1500);
  EXPECT_EQ(proposed.schema.find("b")->min, -1200);
  EXPECT_EQ(proposed.schema.find("b")->max, 4);
  EXPECT_EQ(proposed.schema.find("c")->decimals, 3U);
  EXPECT_EQ(proposed.schema.find("c")->max, 13'000'000);
}

TEST_F(SchemaScan, LeavesOutNumbersThatNoScaleHolds) {
  const auto proposed = scan("a,b,c\n0.1234567890123456,1e30,9223372036854775807\n1,1,0.5\n");
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(proposed.schema.find(name)->role, Role::kIgnore) << name;
  }
}

TEST_F(SchemaScan, GivesEveryColumnAnUsableName) {
  const auto proposed = scan("A,a,\"x\ny\"\n1,2,3\n");
  ASSERT_EQ(proposed.schema.columns.size(), 3U);
  EXPECT_EQ(proposed.schema.columns[1].name, "a_2");
  EXPECT_EQ(proposed.schema.columns[1].from, "a");
  EXPECT_EQ(proposed.schema.columns[2].name, "column_3");
}

TEST_F(SchemaScan, LeavesOutColumnsThatShareAName) {
  const auto proposed = scan("a,b,a\n1,2,3\n");
  ASSERT_EQ(proposed.schema.columns.size(), 2U);
  EXPECT_EQ(proposed.schema.find("a")->role, Role::kIgnore);  // `encrypt` refuses to choose one
  EXPECT_EQ(proposed.schema.find("b")->role, Role::kMeasure);
  EXPECT_NE(proposed.toml.find("rename"), std::string::npos);
}

TEST_F(SchemaScan, WarnsAboveOneKilobytePerRow) {
  const auto wide = scan(table_of(
      2000, "w1,w2",
      +[](int i) { return "w" + std::to_string(i % 60) + ",v" + std::to_string(i % 50); }));
  EXPECT_GT(wide.bytes_per_row, 1024U);
  ASSERT_EQ(wide.warnings.size(), 1U);
  EXPECT_NE(wide.toml.find("WARNING"), std::string::npos);
}

TEST_F(SchemaScan, RefusesATableWithoutRows) {
  const auto source = std::move(*TableSource::open(folder_.write("t.csv", "a,b\n")));
  const auto proposed = scan_schema(*source, {});
  ASSERT_FALSE(proposed.ok());
  EXPECT_EQ(proposed.error().rule, "table.no_rows");
}

}  // namespace
}  // namespace cryptonet::contributor::load
