// SPDX-License-Identifier: Apache-2.0
// The types of Arrow, one by one. Decimals and unsigned 64-bit integers become decimal text,
// because only text holds all of them exactly.
#include "contributor/load/arrow_columns.h"

#include <string>

namespace cryptonet::contributor::load {
namespace {

/// Memory that a raw column owns because the array's own had another form.
struct Copied {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::int32_t> offsets;
  std::string text;
  std::shared_ptr<arrow::Array> array;  ///< for the validity bits
};

void borrow_validity(RawColumn& column, const arrow::Array& array) {
  if (array.null_count() == 0) return;
  column.validity = array.null_bitmap_data();
  column.validity_offset = array.offset();
}

template <typename ArrayType>
RawColumn widened(const std::shared_ptr<arrow::Array>& array, RawKind kind) {
  const auto& typed = static_cast<const ArrayType&>(*array);
  auto copied = std::make_shared<Copied>();
  copied->array = array;
  copied->integers.resize(static_cast<std::size_t>(array->length()));
  for (std::int64_t i = 0; i < array->length(); ++i) {
    copied->integers[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(typed.Value(i));
  }
  RawColumn column;
  column.kind = kind;
  column.integers = copied->integers.data();
  column.owner = copied;
  borrow_validity(column, *array);
  return column;
}

RawColumn real_column(const std::shared_ptr<arrow::Array>& array) {
  RawColumn column;
  column.kind = RawKind::kReal;
  borrow_validity(column, *array);
  if (array->type_id() == arrow::Type::DOUBLE) {
    column.reals = static_cast<const arrow::DoubleArray&>(*array).raw_values();
    column.owner = array;
    return column;
  }
  const auto& typed = static_cast<const arrow::FloatArray&>(*array);
  auto copied = std::make_shared<Copied>();
  copied->array = array;
  for (std::int64_t i = 0; i < array->length(); ++i) copied->reals.push_back(typed.Value(i));
  column.reals = copied->reals.data();
  column.single_precision = true;
  column.owner = copied;
  return column;
}

/// Texts made by `text_of(i)` for every row that is present.
template <typename TextOf>
RawColumn text_column(const std::shared_ptr<arrow::Array>& array, const TextOf& text_of) {
  auto copied = std::make_shared<Copied>();
  copied->array = array;
  copied->offsets.push_back(0);
  for (std::int64_t i = 0; i < array->length(); ++i) {
    if (!array->IsNull(i)) copied->text += text_of(i);
    copied->offsets.push_back(static_cast<std::int32_t>(copied->text.size()));
  }
  RawColumn column;
  column.kind = RawKind::kText;
  column.text_offsets = copied->offsets.data();
  column.text = copied->text.data();
  column.owner = copied;
  borrow_validity(column, *array);
  return column;
}

RawColumn dictionary_column(const std::shared_ptr<arrow::Array>& array) {
  const auto& typed = static_cast<const arrow::DictionaryArray&>(*array);
  const RawColumn words = raw_column_of(typed.dictionary());
  if (words.kind != RawKind::kText) return {};
  return text_column(array, [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(typed.GetValueIndex(i));
    return words.is_null(index) ? std::string_view() : words.text_at(index);
  });
}

std::int64_t ticks_per_day(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 86'400;
    case arrow::TimeUnit::MILLI:
      return 86'400'000;
    case arrow::TimeUnit::MICRO:
      return 86'400'000'000;
    case arrow::TimeUnit::NANO:
      return 86'400'000'000'000;
  }
  return 86'400;
}

}  // namespace

RawKind raw_kind_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
      return RawKind::kInteger;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return RawKind::kReal;
    case arrow::Type::BOOL:
      return RawKind::kBoolean;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIMESTAMP:
      return RawKind::kInstant;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::UINT64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return RawKind::kText;
    case arrow::Type::DICTIONARY:
      return raw_kind_of(*static_cast<const arrow::DictionaryType&>(type).value_type()) ==
                     RawKind::kText
                 ? RawKind::kText
                 : RawKind::kUnsupported;
    default:
      return RawKind::kUnsupported;
  }
}

RawColumn raw_column_of(const std::shared_ptr<arrow::Array>& array) {
  switch (array->type_id()) {
    case arrow::Type::INT8:
      return widened<arrow::Int8Array>(array, RawKind::kInteger);
    case arrow::Type::INT16:
      return widened<arrow::Int16Array>(array, RawKind::kInteger);
    case arrow::Type::INT32:
      return widened<arrow::Int32Array>(array, RawKind::kInteger);
    case arrow::Type::INT64:
      return widened<arrow::Int64Array>(array, RawKind::kInteger);
    case arrow::Type::UINT8:
      return widened<arrow::UInt8Array>(array, RawKind::kInteger);
    case arrow::Type::UINT16:
      return widened<arrow::UInt16Array>(array, RawKind::kInteger);
    case arrow::Type::UINT32:
      return widened<arrow::UInt32Array>(array, RawKind::kInteger);
    case arrow::Type::BOOL:
      return widened<arrow::BooleanArray>(array, RawKind::kBoolean);
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return real_column(array);
    case arrow::Type::DATE32: {
      RawColumn column = widened<arrow::Date32Array>(array, RawKind::kInstant);
      column.ticks_per_day = 1;
      return column;
    }
    case arrow::Type::DATE64: {
      RawColumn column = widened<arrow::Date64Array>(array, RawKind::kInstant);
      column.ticks_per_day = 86'400'000;
      return column;
    }
    case arrow::Type::TIMESTAMP: {
      RawColumn column = widened<arrow::TimestampArray>(array, RawKind::kInstant);
      column.ticks_per_day =
          ticks_per_day(static_cast<const arrow::TimestampType&>(*array->type()).unit());
      return column;
    }
    case arrow::Type::STRING: {
      const auto& typed = static_cast<const arrow::StringArray&>(*array);
      RawColumn column;
      column.kind = RawKind::kText;
      column.text_offsets = typed.raw_value_offsets();
      column.text = reinterpret_cast<const char*>(typed.raw_data());
      column.owner = array;
      borrow_validity(column, *array);
      return column;
    }
    case arrow::Type::LARGE_STRING: {
      const auto& typed = static_cast<const arrow::LargeStringArray&>(*array);
      return text_column(array, [&](std::int64_t i) { return typed.GetView(i); });
    }
    case arrow::Type::UINT64: {
      const auto& typed = static_cast<const arrow::UInt64Array&>(*array);
      return text_column(array, [&](std::int64_t i) { return std::to_string(typed.Value(i)); });
    }
    case arrow::Type::DECIMAL128: {
      const auto& typed = static_cast<const arrow::Decimal128Array&>(*array);
      return text_column(array, [&](std::int64_t i) { return typed.FormatValue(i); });
    }
    case arrow::Type::DECIMAL256: {
      const auto& typed = static_cast<const arrow::Decimal256Array&>(*array);
      return text_column(array, [&](std::int64_t i) { return typed.FormatValue(i); });
    }
    case arrow::Type::DICTIONARY:
      return dictionary_column(array);
    default:
      return {};
  }
}

}  // namespace cryptonet::contributor::load
