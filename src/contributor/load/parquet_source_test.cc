// SPDX-License-Identifier: Apache-2.0
// Parquet files of every supported type, and broken ones.
#include <arrow/api.h>
#include <arrow/io/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "contributor/load/clear_reader.h"
#include "contributor/load/test_files.h"

namespace cryptonet::contributor::load {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> array_of(Builder& builder,
                                       const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *builder.Finish();
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> plain(const std::vector<std::optional<Value>>& values) {
  Builder builder;
  return array_of<Builder, Value>(builder, values);
}

std::filesystem::path write(const TestFolder& folder, const std::vector<std::string>& names,
                            const std::vector<std::shared_ptr<arrow::Array>>& arrays) {
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < names.size(); ++i) {
    fields.push_back(arrow::field(names[i], arrays[i]->type()));
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  const auto path = folder.path() / "t.parquet";
  auto file = *arrow::io::FileOutputStream::Open(path.string());
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, 2).ok());
  EXPECT_TRUE(file->Close().ok());
  return path;
}

base::Result<ClearBatch> read_all(const std::filesystem::path& path, const std::string& toml) {
  CN_ASSIGN(const auto source, TableSource::open(path));
  CN_ASSIGN(const auto schema, table::parse_schema(toml, "s.toml"));
  CN_ASSIGN(auto reader, ClearReader::open(*source, schema, {}));
  ClearBatch all;
  all.columns.resize(schema.columns.size());
  while (true) {
    CN_ASSIGN(const ClearBatch batch, reader.next());
    if (batch.rows == 0) return all;
    all.rows += batch.rows;
    for (std::size_t i = 0; i < all.columns.size(); ++i) {
      auto& to = all.columns[i];
      const auto& from = batch.columns[i];
      to.values.insert(to.values.end(), from.values.begin(), from.values.end());
      to.present.insert(to.present.end(), from.present.begin(), from.present.end());
    }
  }
}

using Values = std::vector<std::int64_t>;

TEST(ParquetSource, ReadsEveryTypeExactly) {
  const TestFolder folder;
  arrow::Decimal128Builder decimals(arrow::decimal128(10, 2));
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO),
                                arrow::default_memory_pool());
  arrow::StringDictionaryBuilder words;
  const auto path =
      write(folder,
            {"small", "unsigned", "real", "single", "decimal", "flag", "day", "time", "text",
             "large", "word"},
            {plain<arrow::Int8Builder, std::int8_t>({-5, std::nullopt, 7}),
             plain<arrow::UInt64Builder, std::uint64_t>({1, 2, 3}),
             plain<arrow::DoubleBuilder, double>({0.1, -2.25, 1e6}),
             plain<arrow::FloatBuilder, float>({0.1F, 2.5F, -3.0F}),
             array_of<arrow::Decimal128Builder, arrow::Decimal128>(
                 decimals, {arrow::Decimal128(-1250), arrow::Decimal128(5), std::nullopt}),
             plain<arrow::BooleanBuilder, bool>({true, false, std::nullopt}),
             plain<arrow::Date32Builder, std::int32_t>({0, 11'336, -1}),
             array_of<arrow::TimestampBuilder, std::int64_t>(times, {0, 3'600'000'000, -1}),
             plain<arrow::StringBuilder, std::string>({"", "b", std::nullopt}),
             plain<arrow::LargeStringBuilder, std::string>({"b", "c", "a"}),
             array_of<arrow::StringDictionaryBuilder, std::string_view>(words,
                                                                        {"a", std::nullopt, "b"})});
  const auto batch = read_all(path, R"(row_limit = 10
columns.small = {role = "measure", min = -9, max = 9, nullable = true}
columns.unsigned = {role = "measure", min = 0, max = 9}
columns.real = {role = "measure", decimals = 2, min = -10, max = 1e6}
columns.single = {role = "measure", decimals = 1, min = -10, max = 10}
columns.decimal = {role = "measure", decimals = 2, min = -99, max = 99, nullable = true}
columns.flag = {role = "dimension", categories = ["false", "true"], nullable = true}
columns.flag1 = {role = "measure", from = "flag", min = 0, max = 1, nullable = true}
columns.month = {role = "dimension", from = "day", part = "month"}
columns.hour = {role = "dimension", from = "time", part = "hour"}
columns.text = {role = "dimension", categories = ["b"], other = true, nullable = true}
columns.large = {role = "dimension", categories = ["a", "b", "c"]}
columns.word = {role = "dimension", categories = ["a", "b"], nullable = true}
columns.bin = {role = "bins", from = "real", decimals = 1, edges = [-2.2, 0.1]}
)");
  ASSERT_TRUE(batch.ok()) << describe(batch.error());
  const auto& columns = batch->columns;
  EXPECT_EQ(columns[0].values, (Values{-5, 0, 7}));
  EXPECT_EQ(columns[0].present, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(columns[1].values, (Values{1, 2, 3}));
  EXPECT_EQ(columns[2].values, (Values{10, -225, 100'000'000}));
  EXPECT_EQ(columns[3].values, (Values{1, 25, -30}));
  EXPECT_EQ(columns[4].values, (Values{-1250, 5, 0}));
  EXPECT_EQ(columns[5].values, (Values{1, 0, 2}));
  EXPECT_EQ(columns[6].values, (Values{1, 0, 0}));
  EXPECT_EQ(columns[7].values, (Values{0, 0, 11}));
  EXPECT_EQ(columns[8].values, (Values{0, 1, 23}));
  EXPECT_EQ(columns[9].values, (Values{1, 0, 2}));
  EXPECT_EQ(columns[10].values, (Values{1, 2, 0}));
  EXPECT_EQ(columns[11].values, (Values{0, 2, 1}));
  EXPECT_EQ(columns[12].values, (Values{2, 0, 2}));
}

TEST(ParquetSource, RefusesAFloatThatIsNoSuchDecimal) {
  const TestFolder folder;
  const auto path = write(folder, {"x"}, {plain<arrow::DoubleBuilder, double>({0.5, 1.0 / 3})});
  const auto batch = read_all(
      path, "row_limit = 9\n[columns.x]\nrole = 'measure'\ndecimals = 2\nmin = 0\nmax = 1\n");
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().rule, "cell.decimals");
  EXPECT_EQ(batch.error().line, 2);
  EXPECT_EQ(describe(batch.error()).find("33"), std::string::npos);
}

TEST(ParquetSource, RefusesWhatIsTruncatedOrFlipped) {
  const TestFolder folder;
  std::vector<std::optional<std::int64_t>> numbers;
  for (std::int64_t i = 0; i < 5000; ++i) numbers.emplace_back(i * 7919 % 4999);
  const auto path = write(folder, {"x"}, {plain<arrow::Int64Builder, std::int64_t>(numbers)});
  const std::string toml = "row_limit = 9\n[columns.x]\nrole = 'measure'\nmin = 0\nmax = 9999\n";
  ASSERT_TRUE(read_all(path, toml).ok());
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (const std::size_t keep : {std::size_t{4}, whole.size() / 2, whole.size() - 1}) {
    const auto cut = folder.write("cut.parquet", whole.substr(0, keep));
    const auto batch = read_all(cut, toml);
    ASSERT_FALSE(batch.ok()) << keep;
    EXPECT_EQ(batch.error().code, base::ErrorCode::kBadInput);
    EXPECT_EQ(batch.error().rule, "parquet.malformed");
  }
  EXPECT_EQ(read_all(folder.write("empty.parquet", ""), toml).error().rule, "parquet.malformed");
}

}  // namespace
}  // namespace cryptonet::contributor::load
