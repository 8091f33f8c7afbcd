// SPDX-License-Identifier: Apache-2.0
// Joins a raw reader with one cell reader per schema column. Several schema columns may read one
// source column; a bad cell is reported for the earliest row of its batch.
#include "contributor/load/clear_reader.h"

#include <sodium.h>

#include <map>

#include "base/secret_memory.h"
#include "base/stop.h"
#include "contributor/load/cell_reader.h"

namespace cryptonet::contributor::load {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct ClearReader::State {
  const TableSource* source = nullptr;
  const table::Schema* schema = nullptr;
  std::array<std::uint8_t, 16> person_key{};
  std::unique_ptr<RawReader> raw;
  std::vector<std::size_t> wanted;                 ///< source columns, in raw order
  std::vector<std::unique_ptr<CellReader>> cells;  ///< per schema column; none when ignored
  std::vector<std::size_t> positions;              ///< per schema column: into `wanted`
  std::optional<std::size_t> weight;               ///< into `wanted`
  std::optional<std::size_t> person;

  ~State() { base::wipe(person_key.data(), person_key.size()); }

  /// The position of a source column in `wanted`, added when new.
  Result<std::size_t> want(const std::string& name) {
    CN_ASSIGN(const std::size_t index, source->find_column(name));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == index) return i;
    }
    wanted.push_back(index);
    return wanted.size() - 1;
  }

  Status plan() {
    for (const table::ColumnSchema& column : schema->columns) {
      std::unique_ptr<CellReader> reader;
      std::size_t position = 0;
      if (column.role != table::Role::kIgnore) {
        CN_ASSIGN(position, want(column.from));
        const SourceColumn& from = source->columns()[wanted[position]];
        if (from.kind == RawKind::kUnsupported) {
          return Error(ErrorCode::kBadInput, "table.column_type",
                       "column '" + column.name + "' comes from a column of type " + from.type +
                           ", which cannot be encrypted",
                       "set role = \"ignore\", or convert the column")
              .at(source->path().string());
        }
      }
      if (column.role == table::Role::kMeasure) reader = make_measure_reader(column);
      if (column.role == table::Role::kBins) reader = make_bins_reader(column);
      if (column.role == table::Role::kDimension) {
        reader = column.part == table::DatePart::kNone ? make_dimension_reader(column)
                                                       : make_part_reader(column);
      }
      cells.push_back(std::move(reader));
      positions.push_back(position);
    }
    if (schema->weight) {
      CN_ASSIGN(weight, want(*schema->weight));
    }
    if (schema->person) {
      CN_ASSIGN(person, want(*schema->person));
    }
    // Rows are counted from the columns that are read.
    if (wanted.empty()) wanted.push_back(0);
    return base::ok();
  }

  Error report(const BadCell& bad, const RawBatch& batch, const std::string& column,
               std::size_t position) const {
    const std::uint64_t row = batch.first_row + bad.row;
    return Error(ErrorCode::kBadInput, bad.rule,
                 "column '" + column + "', row " + std::to_string(row + 1) + ": " + bad.message,
                 bad.hint)
        .at(source->path().string(), source->line_of(row),
            static_cast<std::int64_t>(wanted[position] + 1));
  }

  Status read_weights(const RawBatch& batch, ClearBatch& out) const {
    const RawColumn& column = batch.columns[*weight];
    out.weights.resize(batch.rows);
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const auto number = column.is_null(row)
                              ? table::ParsedDecimal{0, table::DecimalError::kNotANumber}
                              : number_at(column, row, 0);
      if (number.error != table::DecimalError::kNone || number.scaled < 0 || number.scaled > 1) {
        return report({row, "cell.weight", "a weight must be 0 or 1", "repair the cell"}, batch,
                      *schema->weight, *weight);
      }
      out.weights[row] = static_cast<std::uint8_t>(number.scaled);
    }
    return base::ok();
  }

  Status read_persons(const RawBatch& batch, ClearBatch& out) const {
    const RawColumn& column = batch.columns[*person];
    out.persons.resize(batch.rows);
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (column.is_null(row)) {
        return report({row, "cell.null", "the person is NULL", "give every row a person"}, batch,
                      *schema->person, *person);
      }
      const void* data = nullptr;
      std::size_t size = 8;
      if (column.kind == RawKind::kText) {
        data = column.text_at(row).data();
        size = column.text_at(row).size();
      } else if (column.kind == RawKind::kReal) {
        data = column.reals + row;
      } else if (column.kind != RawKind::kUnsupported) {
        data = column.integers + row;
      } else {
        return report({row, "cell.type", "the column of persons has no usable type",
                       "convert it to text or integers"},
                      batch, *schema->person, *person);
      }
      static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t));
      crypto_shorthash(reinterpret_cast<std::uint8_t*>(&out.persons[row]),
                       static_cast<const std::uint8_t*>(data), size, person_key.data());
    }
    return base::ok();
  }

  Result<ClearBatch> convert(const RawBatch& batch) {
    ClearBatch out;
    out.first_row = batch.first_row;
    out.rows = batch.rows;
    out.columns.resize(cells.size());
    std::optional<BadCell> worst;
    std::size_t worst_column = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i]) continue;
      auto bad = cells[i]->read(batch.columns[positions[i]], batch.rows, out.columns[i]);
      if (bad && (!worst || bad->row < worst->row)) {
        worst = std::move(bad);
        worst_column = i;
      }
    }
    if (worst) {
      return report(*worst, batch, schema->columns[worst_column].name, positions[worst_column]);
    }
    if (weight) CN_RETURN_IF_ERROR(read_weights(batch, out));
    if (person) CN_RETURN_IF_ERROR(read_persons(batch, out));
    return out;
  }
};

ClearReader::ClearReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClearReader::ClearReader(ClearReader&&) noexcept = default;
ClearReader::~ClearReader() = default;

Result<ClearReader> ClearReader::open(const TableSource& source, const table::Schema& schema,
                                      const std::array<std::uint8_t, 16>& person_key) {
  auto state = std::make_unique<State>();
  state->source = &source;
  state->schema = &schema;
  state->person_key = person_key;
  CN_RETURN_IF_ERROR(state->plan());
  CN_ASSIGN(state->raw, source.read(state->wanted));
  return ClearReader(std::move(state));
}

Result<ClearBatch> ClearReader::next() {
  CN_RETURN_IF_ERROR(base::check_stop());
  CN_ASSIGN(const RawBatch batch, state_->raw->next());
  if (batch.rows == 0) return ClearBatch{};
  return state_->convert(batch);
}

double ClearReader::progress() const { return state_->raw->progress(); }

}  // namespace cryptonet::contributor::load
