// SPDX-License-Identifier: Apache-2.0
// The rules of strict JSON (strict_json.h). The parser is nlohmann's; a callback watches depth and
// doubled names while it runs, so a hostile text is dropped before it is built.
#include "api/strict_json.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace cryptonet::api {
namespace {

constexpr int kMaxDepth = 8;

base::Error message_error(std::string_view message, const std::string& what) {
  return {base::ErrorCode::kBadInput, "api.message", std::string(message) + ": " + what,
          "use programs of the same version at both ends"};
}

/// Refuses doubled names and depth while the text is parsed.
class Watcher {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (broken_ != nullptr) return false;
    if (depth > kMaxDepth) broken_ = "nested deeper than 8 levels";
    switch (event) {
      case Json::parse_event_t::object_start:
        names_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        names_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!names_.back().insert(parsed.get_ref<const std::string&>()).second) {
          broken_ = "a field stands twice in one object";
        }
        break;
      default:
        break;
    }
    return broken_ == nullptr;
  }
  const char* broken() const { return broken_; }

 private:
  std::vector<std::set<std::string>> names_;
  const char* broken_ = nullptr;
};

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What a hostile name may bring into an error text: 40 printable ASCII characters.
std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 40)) out += (c >= ' ' && c <= '~') ? c : '?';
  return out;
}

/// What is wrong with the set of an object's fields; nothing when it is exactly `names`.
std::optional<std::string> wrong_fields(const Json& value,
                                        std::initializer_list<const char*> names) {
  if (!value.is_object()) return "must be an object";
  for (const char* name : names) {
    if (!value.contains(name)) return "must have the field '" + std::string(name) + "'";
  }
  if (value.size() == names.size()) return std::nullopt;
  for (const auto& [field, unused] : value.items()) {
    const bool known = std::any_of(names.begin(), names.end(),
                                   [&f = field](const char* name) { return f == name; });
    if (!known) return "must not have the unknown field '" + printable(field) + "'";
  }
  return std::nullopt;
}

std::string text_rule(const TextLimits& limits) {
  if (!limits.one_of.empty()) {
    std::string words = "one of";
    for (const auto word : limits.one_of) words += " \"" + std::string(word) + "\"";
    return words;
  }
  if (limits.hex != 0) {
    return std::to_string(limits.hex) + " lower-case hexadecimal digits" +
           (limits.or_empty ? " or empty" : "");
  }
  return "a text of " + std::to_string(limits.min) + " to " + std::to_string(limits.max) + " bytes";
}

bool text_fits(const TextLimits& limits, const std::string& text) {
  if (!limits.one_of.empty()) {
    return std::find(limits.one_of.begin(), limits.one_of.end(), text) != limits.one_of.end();
  }
  if (limits.hex != 0) {
    return (text.size() == limits.hex || (limits.or_empty && text.empty())) && is_hex(text);
  }
  return text.size() >= limits.min && text.size() <= limits.max;
}

}  // namespace

void Sink::fail(const std::string& place, const std::string& must) {
  if (error_) return;
  error_.emplace(message_error(message_, (place.empty() ? "it" : place) + " " + must));
}

std::string Cursor::place() const {
  std::string path;
  for (const Cursor* at = this; at->parent_ != nullptr; at = at->parent_) {
    std::string step;
    if (at->name_ != nullptr) {
      step = at->name_;
    } else {
      step = "[" + std::to_string(at->index_) + "]";
    }
    const bool dot = !path.empty() && path.front() != '[';
    path = step + (dot ? "." : "") + path;
  }
  return path;
}

Fields::Fields(const Cursor& at, std::initializer_list<const char*> names) : at_(at) {
  if (at.failed()) return;
  if (const auto wrong = wrong_fields(at.value(), names)) at.fail(*wrong);
}

Cursor Fields::operator[](const char* name) const {
  static const Json kNothing;
  return at_.field(at_.failed() ? kNothing : at_.value().at(name), name);
}

void read_text(const Cursor& at, const TextLimits& limits, std::string& out) {
  if (at.failed()) return;
  if (!at.value().is_string()) return at.fail("must be " + text_rule(limits));
  const auto& text = at.value().get_ref<const std::string&>();
  if (!text_fits(limits, text)) return at.fail("must be " + text_rule(limits));
  out = text;
}

void read_bool(const Cursor& at, bool& out) {
  if (at.failed()) return;
  if (!at.value().is_boolean()) return at.fail("must be true or false");
  out = at.value().get<bool>();
}

void read_number(const Cursor& at, double& out) {
  if (at.failed()) return;
  if (!at.value().is_number()) return at.fail("must be a number");
  const double value = at.value().get<double>();
  if (!std::isfinite(value) || value < 0) return at.fail("must be a number that is not below 0");
  out = value;
}

void read_cell(const Cursor& at, std::size_t max_text, Cell& out) {
  if (at.failed()) return;
  if (at.value().is_null()) {
    out = std::monostate{};
  } else if (at.value().is_string()) {
    std::string text;
    read_text(at, {.max = max_text}, text);
    out = std::move(text);
  } else if (at.value().is_number()) {
    out = at.value().get<double>();
  } else {
    at.fail("must be a text, a number or null");
  }
}

std::optional<std::int64_t> read_integer(const Cursor& at, const IntegerLimits& limits) {
  if (at.failed()) return std::nullopt;
  const auto refuse = [&]() -> std::optional<std::int64_t> {
    at.fail("must be an integer from " + std::to_string(limits.min) + " to " +
            std::to_string(limits.max));
    return std::nullopt;
  };
  if (!at.value().is_number_integer()) return refuse();
  if (at.value().is_number_unsigned() &&
      at.value().get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse();
  }
  const auto value = at.value().get<std::int64_t>();
  if (value < limits.min || value > limits.max) return refuse();
  return value;
}

bool check_array(const Cursor& at, const ArrayLimits& limits) {
  if (at.failed()) return false;
  const auto& value = at.value();
  if (value.is_array() && value.size() >= limits.min && value.size() <= limits.max) return true;
  at.fail("must be a list of " + std::to_string(limits.min) + " to " + std::to_string(limits.max) +
          " items");
  return false;
}

base::Result<Json> parse_strict(std::string_view message, std::string_view text,
                                std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return message_error(message, "it has " + std::to_string(text.size()) + " bytes, more than " +
                                      std::to_string(max_bytes));
  }
  Watcher watcher;
  Json value = Json::parse(
      text,
      [&watcher](int depth, Json::parse_event_t event, Json& parsed) {
        return watcher(depth, event, parsed);
      },
      /*allow_exceptions=*/false);
  if (watcher.broken() != nullptr) return message_error(message, watcher.broken());
  if (value.is_discarded()) return message_error(message, "it is not JSON");
  return value;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json write_cell(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* number = std::get_if<double>(&cell)) return *number;
  return nullptr;
}

}  // namespace cryptonet::api
