// SPDX-License-Identifier: Apache-2.0
// CSV: nulls and empty texts, quotes, line ends, marks, and the errors with their lines.
#include <gtest/gtest.h>

#include <optional>

#include "contributor/load/table_source.h"
#include "contributor/load/test_files.h"

namespace cryptonet::contributor::load {
namespace {

using Row = std::vector<std::optional<std::string>>;

/// All rows of all columns, or the error.
base::Result<std::vector<Row>> rows_of(const TableSource& source) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < source.columns().size(); ++i) wanted.push_back(i);
  CN_ASSIGN(const auto reader, source.read(wanted));
  std::vector<Row> rows;
  while (true) {
    CN_ASSIGN(const RawBatch batch, reader->next());
    if (batch.rows == 0) return rows;
    EXPECT_EQ(batch.first_row, rows.size());
    for (std::size_t r = 0; r < batch.rows; ++r) {
      Row row;
      for (const RawColumn& column : batch.columns) {
        row.push_back(column.is_null(r) ? std::nullopt
                                        : std::optional(std::string(column.text_at(r))));
      }
      rows.push_back(std::move(row));
    }
  }
}

std::vector<Row> read_all(const std::string& text) {
  const TestFolder folder;
  const auto source = TableSource::open(folder.write("t.csv", text));
  EXPECT_TRUE(source.ok()) << describe(source.error());
  if (!source.ok()) return {};
  auto rows = rows_of(**source);
  EXPECT_TRUE(rows.ok()) << describe(rows.error());
  return rows.ok() ? *rows : std::vector<Row>{};
}

base::Error error_of(const std::string& text) {
  const TestFolder folder;
  const auto source = TableSource::open(folder.write("t.csv", text));
  if (!source.ok()) return source.error();
  const auto rows = rows_of(**source);
  EXPECT_FALSE(rows.ok()) << text;
  return rows.ok() ? base::Error(base::ErrorCode::kInternal, "none", "none") : rows.error();
}

TEST(CsvSource, TellsNullFromEmptyText) {
  const auto rows = read_all("a,b\n,\"\"\n\"\",\nNULL,NA\n");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], (Row{std::nullopt, ""}));
  EXPECT_EQ(rows[1], (Row{"", std::nullopt}));
  EXPECT_EQ(rows[2], (Row{"NULL", "NA"}));
}

TEST(CsvSource, ReadsMarksQuotesAndLineEnds) {
  const std::vector<Row> expected = {{"1", "x,\"y\""}, {"2", "two\r\nlines"}, {"3", "z"}};
  EXPECT_EQ(read_all("\xEF\xBB\xBF\"a\",b\r\n1,\"x,\"\"y\"\"\"\r\n2,\"two\r\nlines\"\r\n3,z"),
            expected);
  EXPECT_EQ(read_all("a,b\n1,\"x,\"\"y\"\"\"\n\n2,\"two\r\nlines\"\n3,z\n\n"), expected);
}

TEST(CsvSource, TakesAnEmptyLineOfOneColumnForNull) {
  const auto rows = read_all("a\n1\n\n2\n");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1], Row{std::nullopt});
}

TEST(CsvSource, GivesNoRowsForAHeaderAlone) {
  EXPECT_TRUE(read_all("a,b\n").empty());
  EXPECT_TRUE(read_all("a,b").empty());
}

TEST(CsvSource, NamesTheLineOfARaggedRow) {
  const auto error = error_of("a,b\n1,\"two\nlines\"\n3,4\n5\n6,7\n");
  EXPECT_EQ(error.code, base::ErrorCode::kBadInput);
  EXPECT_EQ(error.rule, "csv.ragged_row");
  EXPECT_EQ(error.line, 5);
  const auto longer = error_of("a,b\n1,2\n3,secret,5\n");
  EXPECT_EQ(longer.line, 3);
  EXPECT_EQ(describe(longer).find("secret"), std::string::npos);
  const auto far = error_of([] {
    std::string text = "a,b\n";
    for (int i = 0; i < 100'000; ++i) text += "1,2\n";
    return text + "1\n";
  }());
  EXPECT_EQ(far.rule, "csv.ragged_row");
  EXPECT_EQ(far.line, 100'002);
}

TEST(CsvSource, RefusesWhatIsNoCsv) {
  EXPECT_EQ(error_of("").rule, "csv.no_header");
  EXPECT_EQ(error_of("a,,b\n1,2,3\n").rule, "csv.header");
  EXPECT_EQ(error_of("a,b\n1,\"2\n").rule, "csv.unterminated_quote");
  const auto latin1 = error_of("a,b\n1,2\n3,\xE4\n");
  EXPECT_EQ(latin1.rule, "csv.encoding");
  EXPECT_EQ(latin1.line, 3);
  EXPECT_EQ(latin1.column, 2);
  EXPECT_EQ(error_of("a,\xE4\n1,2\n").rule, "csv.encoding");  // no name that TOML could hold
  EXPECT_EQ(error_of("\xFF\xFE"
                     "a\n")
                .rule,
            "csv.encoding");
}

TEST(CsvSource, FindsColumnsByName) {
  const TestFolder folder;
  const auto source = TableSource::open(folder.write("t.csv", "a,b,a\n1,2,3\n"));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(*(*source)->find_column("b"), 1U);
  EXPECT_EQ((*source)->find_column("c").error().rule, "table.unknown_column");
  EXPECT_EQ((*source)->find_column("a").error().rule, "table.duplicate_column");
  EXPECT_EQ(TableSource::open(folder.path() / "none.csv").error().rule, "table.missing");
  EXPECT_EQ(TableSource::open(folder.path()).error().rule, "table.folder");
}

// Block edges fall on every byte of a row with a quoted CRLF, where readers of blocks go wrong.
TEST(CsvSource, ReadsQuotedLineEndsAtEveryBlockEdge) {
  const TestFolder folder;
  std::string text = "a,b\r\n";
  std::vector<Row> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string cell = "x\r\n" + std::string(static_cast<std::size_t>(i % 7), 'y') + "\r\n";
    text += std::to_string(i) + ",\"" + cell + "\"\r\n";
    expected.push_back({std::to_string(i), cell});
  }
  const auto path = folder.write("t.csv", text);
  for (std::int32_t block = 64; block < 128; ++block) {
    const auto source = open_csv(path, ',', block);
    ASSERT_TRUE(source.ok());
    const auto rows = rows_of(**source);
    ASSERT_TRUE(rows.ok()) << block << ": " << describe(rows.error());
    ASSERT_EQ(*rows, expected) << block;
  }
}

TEST(CsvSource, FindsTheLineOfARow) {
  const TestFolder folder;
  const auto source =
      TableSource::open(folder.write("t.csv", "a,b\n1,\"x\n\ny\"\n\n2,z\r\n3,\"\"\"\n\"\n4,w\n"));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->line_of(0), 2);
  EXPECT_EQ((*source)->line_of(1), 6);
  EXPECT_EQ((*source)->line_of(2), 7);
  EXPECT_EQ((*source)->line_of(3), 9);
}

}  // namespace
}  // namespace cryptonet::contributor::load
