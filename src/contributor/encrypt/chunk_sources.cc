// SPDX-License-Identifier: Apache-2.0
// One recipe per source or, for digits, per power of a column; families have one source for all
// their indicators.
#include "contributor/encrypt/chunk_sources.h"

namespace cryptonet::contributor::encrypt {

using table::Role;
using table::StoredColumn;
using table::StoredKind;

RowBuffer::RowBuffer(const table::Schema& schema, std::size_t capacity)
    : capacity_(capacity), values_(schema.columns.size()), present_(schema.columns.size()) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const table::ColumnSchema& column = schema.columns[i];
    if (column.role == Role::kIgnore) continue;
    values_[i].resize(capacity);
    if (column.role == Role::kMeasure && column.nullable) present_[i].resize(capacity);
  }
  if (schema.weight) weights_.resize(capacity);
}

std::uint64_t RowBuffer::bytes(const table::Schema& schema, std::size_t capacity) {
  std::uint64_t per_row = 1;
  for (const table::ColumnSchema& column : schema.columns) {
    if (column.role != Role::kIgnore) per_row += 9;
  }
  return per_row * capacity;
}

void RowBuffer::append(const load::ClearBatch& batch, std::size_t row) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].empty()) continue;
    values_[i][rows_] = batch.columns[i].values[row];
    if (!present_[i].empty()) present_[i][rows_] = batch.columns[i].present[row];
  }
  if (!weights_.empty()) weights_[rows_] = batch.weights[row];
  ++rows_;
}

ChunkSources::ChunkSources(const table::StoredLayout& layout) : layout_(layout) {
  std::uint32_t next_source = 0;
  std::vector<std::uint32_t> family_source(layout.families().size(), UINT32_MAX);
  for (const StoredColumn& column : layout.columns()) {
    if (column.check_of) {
      source_of_.push_back(0);  // the encryptor takes the checked column's
      continue;
    }
    if (column.kind == StoredKind::kIndicator) {
      std::uint32_t& source = family_source[column.field];
      if (source == UINT32_MAX) {
        source = next_source++;
        recipes_.push_back({column.kind, column.field, 0, {}});
      }
      source_of_.push_back(source);
      continue;
    }
    if (column.kind != StoredKind::kDigit) {
      recipes_.push_back({column.kind, column.field, 0, {}});
    } else if (column.digit == 0) {
      recipes_.push_back(
          {column.kind, column.field, column.power, *layout.digits(column.field, column.power)});
    }
    source_of_.push_back(next_source++);
  }
  sources_.resize(next_source);
  views_.resize(next_source);
}

std::vector<columns::encrypt::ColumnPlan> ChunkSources::column_plans(
    const std::vector<columns::format::ColumnId>& ids) const {
  std::vector<columns::encrypt::ColumnPlan> plans(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const StoredColumn& column = layout_.columns()[i];
    plans[i].id = ids[i];
    plans[i].source = source_of_[i];
    plans[i].check_of = column.check_of;
    plans[i].check = column.check;
    if (column.kind == StoredKind::kIndicator && !column.check_of) {
      plans[i].equals = static_cast<std::int64_t>(column.group);
    }
  }
  return plans;
}

void ChunkSources::fill_digits(const Recipe& recipe, const RowBuffer& buffer,
                               std::size_t first_source) {
  const auto values = buffer.values(recipe.field);
  if (recipe.digits.count == 1 && recipe.power == 1) {
    sources_[first_source].assign(values.begin(), values.end());
    return;
  }
  for (std::uint32_t d = 0; d < recipe.digits.count; ++d) {
    sources_[first_source + d].resize(values.size());
  }
  std::vector<std::int64_t> digits(recipe.digits.count);
  for (std::size_t row = 0; row < values.size(); ++row) {
    table::WideInteger raised = values[row];
    for (std::uint32_t p = 1; p < recipe.power; ++p) raised *= values[row];
    table::split_digits(raised, recipe.digits, digits);
    for (std::uint32_t d = 0; d < recipe.digits.count; ++d) {
      sources_[first_source + d][row] = digits[d];
    }
  }
}

void ChunkSources::fill_codes(const table::IndicatorFamily& family, const RowBuffer& buffer,
                              std::vector<std::int64_t>& out) const {
  out.assign(buffer.rows(), 0);
  for (std::size_t i = 0; i < family.fields.size(); ++i) {
    const auto codes = buffer.values(family.fields[i]);
    const auto count = static_cast<std::int64_t>(family.group_counts[i]);
    for (std::size_t row = 0; row < out.size(); ++row) out[row] = out[row] * count + codes[row];
  }
}

std::span<const std::span<const std::int64_t>> ChunkSources::fill(const RowBuffer& buffer) {
  const std::size_t rows = buffer.rows();
  std::size_t next = 0;
  for (const Recipe& recipe : recipes_) {
    auto& out = sources_[next];
    switch (recipe.kind) {
      case StoredKind::kRows:
        out.assign(rows, 1);
        break;
      case StoredKind::kWeight:
        out.assign(buffer.weights().begin(), buffer.weights().end());
        break;
      case StoredKind::kPresence: {
        const auto present = buffer.present(recipe.field);
        out.assign(present.begin(), present.end());
        break;
      }
      case StoredKind::kWeightedPresence: {
        const auto present = buffer.present(recipe.field);
        out.resize(rows);
        for (std::size_t row = 0; row < rows; ++row) {
          out[row] = present[row] & buffer.weights()[row];
        }
        break;
      }
      case StoredKind::kDigit:
        fill_digits(recipe, buffer, next);
        next += recipe.digits.count - 1;
        break;
      case StoredKind::kIndicator:
        fill_codes(layout_.families()[recipe.field], buffer, out);
        break;
    }
    ++next;
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) views_[i] = sources_[i];
  return views_;
}

}  // namespace cryptonet::contributor::encrypt
