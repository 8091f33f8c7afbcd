// SPDX-License-Identifier: Apache-2.0
// Hostile JSON into plain structs. parse_strict refuses what JSON leaves open: doubled fields, deep
// nesting, bytes that are no UTF-8, texts over their limit. A Cursor walks the parsed value; the
// first thing that is wrong is kept in its Sink and later reads do nothing, so a reader of a
// message is a plain list of its fields and asks once at the end. Errors name the field and what it
// must be, never the value. Used by the generated messages.cc only. One thread per Sink.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/messages.h"
#include "base/result.h"

namespace cryptonet::api {

using Json = nlohmann::ordered_json;

/// Keeps the first error of one message.
class Sink {
 public:
  explicit Sink(std::string_view message) : message_(message) {}
  bool failed() const { return error_.has_value(); }
  void fail(const std::string& place, const std::string& must);
  std::optional<base::Error> take() && { return std::move(error_); }

 private:
  std::string_view message_;
  std::optional<base::Error> error_;
};

/// A value inside a message, and the way to it (for errors).
class Cursor {
 public:
  Cursor(const Json& value, Sink& sink) : value_(&value), sink_(&sink) {}
  Cursor field(const Json& value, const char* name) const { return {value, this, name, 0}; }
  Cursor item(const Json& value, std::size_t index) const { return {value, this, nullptr, index}; }
  const Json& value() const { return *value_; }
  bool failed() const { return sink_->failed(); }
  /// "…versions[2].rows must be …"
  void fail(const std::string& must) const { sink_->fail(place(), must); }

 private:
  Cursor(const Json& value, const Cursor* parent, const char* name, std::size_t index)
      : value_(&value), sink_(parent->sink_), parent_(parent), name_(name), index_(index) {}
  std::string place() const;
  const Json* value_;
  Sink* sink_;
  const Cursor* parent_ = nullptr;
  const char* name_ = nullptr;
  std::size_t index_ = 0;
};

/// The fields of an object: exactly these, each once.
class Fields {
 public:
  Fields(const Cursor& at, std::initializer_list<const char*> names);
  Cursor operator[](const char* name) const;

 private:
  const Cursor& at_;
};

struct TextLimits {
  std::size_t min = 0;
  std::size_t max = 0;  ///< bytes
  std::size_t hex = 0;  ///< not 0: exactly so many lower-case hexadecimal digits
  bool or_empty = false;
  std::span<const std::string_view> one_of = {};
};
struct IntegerLimits {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
struct ArrayLimits {
  std::size_t min = 0;
  std::size_t max = 0;
};

void read_text(const Cursor& at, const TextLimits& limits, std::string& out);
void read_bool(const Cursor& at, bool& out);
/// A finite number that is not below zero.
void read_number(const Cursor& at, double& out);
void read_cell(const Cursor& at, std::size_t max_text, Cell& out);
/// Nothing when it is no integer within the limits; then the sink has the error.
std::optional<std::int64_t> read_integer(const Cursor& at, const IntegerLimits& limits);
bool check_array(const Cursor& at, const ArrayLimits& limits);

template <typename T>
void read_integer(const Cursor& at, const IntegerLimits& limits, T& out) {
  if (const auto value = read_integer(at, limits)) out = static_cast<T>(*value);
}

template <typename T, typename ReadItem>
void read_array(const Cursor& at, const ArrayLimits& limits, std::vector<T>& out, ReadItem read) {
  if (!check_array(at, limits)) return;
  out.clear();
  out.reserve(at.value().size());
  for (std::size_t i = 0; i < at.value().size() && !at.failed(); ++i) {
    T value{};
    read(at.item(at.value()[i], i), value);
    out.push_back(std::move(value));
  }
}

template <typename T, std::size_t Size, typename ReadItem>
void read_array(const Cursor& at, const ArrayLimits& limits, std::array<T, Size>& out,
                ReadItem read) {
  if (!check_array(at, limits)) return;
  for (std::size_t i = 0; i < Size && !at.failed(); ++i) read(at.item(at.value()[i], i), out[i]);
}

/// kBadInput (rule api.message) for anything that is not one JSON value within the limits.
base::Result<Json> parse_strict(std::string_view message, std::string_view text,
                                std::size_t max_bytes);

/// One line of JSON. Bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);
Json write_cell(const Cell& cell);
template <typename Items, typename WriteItem>
Json write_array(const Items& items, WriteItem write) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(write(item));
  return out;
}

/// Parses `text` and reads it with `read(cursor, out)`.
template <typename T, typename Read>
base::Result<T> from_json_text(std::string_view message, std::string_view text,
                               std::size_t max_bytes, Read read) {
  CN_ASSIGN(const Json value, parse_strict(message, text, max_bytes));
  Sink sink(message);
  T out;
  read(Cursor(value, sink), out);
  if (auto error = std::move(sink).take()) return std::move(*error);
  return out;
}

}  // namespace cryptonet::api
