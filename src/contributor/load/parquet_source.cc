// SPDX-License-Identifier: Apache-2.0
// Parquet through Arrow, batch after batch with buffered streams, so that a row group need not fit
// into memory. Arrow's exceptions and messages stop here.
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <numeric>

#include "contributor/load/arrow_columns.h"
#include "contributor/load/table_source.h"

namespace cryptonet::contributor::load {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::int64_t kBatchRows = 32'768;

Error malformed(const std::filesystem::path& path, std::int64_t row) {
  return Error(ErrorCode::kBadInput, "parquet.malformed",
               "the Parquet file is truncated or damaged", "export the table again")
      .at(path.string(), row);
}

Result<std::shared_ptr<parquet::arrow::FileReader>> open_reader(const std::filesystem::path& path) {
  try {
    auto file = arrow::io::ReadableFile::Open(path.string());
    if (!file.ok()) {
      return Error(ErrorCode::kLocalIo, "local_io", "the table cannot be opened").at(path.string());
    }
    parquet::ReaderProperties properties = parquet::default_reader_properties();
    properties.enable_buffered_stream();
    properties.set_buffer_size(1 << 18);
    parquet::ArrowReaderProperties arrow_properties;
    arrow_properties.set_batch_size(kBatchRows);
    arrow_properties.set_pre_buffer(false);
    arrow_properties.set_use_threads(false);
    parquet::arrow::FileReaderBuilder builder;
    if (!builder.Open(*file, properties).ok()) return malformed(path, 0);
    builder.properties(arrow_properties);
    auto reader = builder.Build();
    if (!reader.ok()) return malformed(path, 0);
    return std::shared_ptr<parquet::arrow::FileReader>(std::move(*reader));
  } catch (const std::exception&) {
    return malformed(path, 0);
  }
}

class ParquetReader final : public RawReader {
 public:
  ParquetReader(std::filesystem::path path, std::shared_ptr<parquet::arrow::FileReader> file,
                std::shared_ptr<arrow::RecordBatchReader> batches, std::vector<std::size_t> order,
                std::uint64_t total)
      : path_(std::move(path)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        order_(std::move(order)),
        total_(total) {}

  Result<RawBatch> next() override {
    try {
      while (true) {
        std::shared_ptr<arrow::RecordBatch> batch;
        if (!batches_->ReadNext(&batch).ok()) {
          return malformed(path_, static_cast<std::int64_t>(row_ + 1));
        }
        RawBatch out;
        out.first_row = row_;
        if (batch == nullptr) return out;
        if (batch->num_rows() == 0) continue;
        out.rows = static_cast<std::size_t>(batch->num_rows());
        row_ += out.rows;
        for (const std::size_t position : order_) {
          out.columns.push_back(raw_column_of(batch->column(static_cast<int>(position))));
        }
        return out;
      }
    } catch (const std::exception&) {
      return malformed(path_, static_cast<std::int64_t>(row_ + 1));
    }
  }

  double progress() const override {
    return total_ == 0 ? 1.0 : static_cast<double>(row_) / static_cast<double>(total_);
  }

 private:
  std::filesystem::path path_;
  std::shared_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::vector<std::size_t> order_;  ///< position in the batch of each wanted column
  std::uint64_t total_;
  std::uint64_t row_ = 0;
};

class ParquetSource final : public TableSource {
 public:
  ParquetSource(std::filesystem::path path, std::vector<SourceColumn> columns,
                std::vector<std::vector<int>> leaves)
      : TableSource(std::move(path)), columns_(std::move(columns)), leaves_(std::move(leaves)) {}

  const std::vector<SourceColumn>& columns() const override { return columns_; }

  Result<std::unique_ptr<RawReader>> read(const std::vector<std::size_t>& wanted) const override {
    CN_ASSIGN(auto file, open_reader(path()));
    try {
      // The reader gives columns in the order of the file, each once.
      std::vector<std::size_t> sorted(wanted);
      std::sort(sorted.begin(), sorted.end());
      sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
      std::vector<int> leaves;
      for (const std::size_t index : sorted) {
        leaves.insert(leaves.end(), leaves_[index].begin(), leaves_[index].end());
      }
      std::vector<std::size_t> order;
      for (const std::size_t index : wanted) {
        order.push_back(static_cast<std::size_t>(
            std::lower_bound(sorted.begin(), sorted.end(), index) - sorted.begin()));
      }
      const auto metadata = file->parquet_reader()->metadata();
      std::vector<int> groups(static_cast<std::size_t>(metadata->num_row_groups()));
      std::iota(groups.begin(), groups.end(), 0);
      auto batches = file->GetRecordBatchReader(groups, leaves);
      if (!batches.ok()) return malformed(path(), 0);
      return std::unique_ptr<RawReader>(
          new ParquetReader(path(), file, std::move(*batches), std::move(order),
                            static_cast<std::uint64_t>(metadata->num_rows())));
    } catch (const std::exception&) {
      return malformed(path(), 0);
    }
  }

  std::int64_t line_of(std::uint64_t row) const override {
    return static_cast<std::int64_t>(row + 1);
  }

 private:
  std::vector<SourceColumn> columns_;
  std::vector<std::vector<int>> leaves_;  ///< the leaf columns of each column
};

}  // namespace

Result<std::unique_ptr<TableSource>> open_parquet(const std::filesystem::path& path) {
  CN_ASSIGN(const auto reader, open_reader(path));
  try {
    std::shared_ptr<arrow::Schema> schema;
    if (!reader->GetSchema(&schema).ok()) return malformed(path, 0);
    std::vector<SourceColumn> columns;
    for (const auto& field : schema->fields()) {
      columns.push_back({field->name(), raw_kind_of(*field->type()), field->type()->ToString()});
    }
    // A nested column has several leaves; the first part of a leaf's path is the column.
    const auto* leaf_schema = reader->parquet_reader()->metadata()->schema();
    std::vector<std::vector<int>> leaves(columns.size());
    for (int leaf = 0; leaf < leaf_schema->num_columns(); ++leaf) {
      const auto* root = leaf_schema->GetColumnRoot(leaf);
      const int index = leaf_schema->group_node()->FieldIndex(*root);
      if (index >= 0 && static_cast<std::size_t>(index) < leaves.size()) {
        leaves[static_cast<std::size_t>(index)].push_back(leaf);
      }
    }
    return std::unique_ptr<TableSource>(
        new ParquetSource(path, std::move(columns), std::move(leaves)));
  } catch (const std::exception&) {
    return malformed(path, 0);
  }
}

}  // namespace cryptonet::contributor::load
