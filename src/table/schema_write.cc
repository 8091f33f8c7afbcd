// SPDX-License-Identifier: Apache-2.0
// A schema as TOML: the canonical form (fixed order of keys, defaults left out, one spelling per
// value), and the same with a comment at every choice for people.
#include <algorithm>

#include "table/schema.h"

namespace cryptonet::table {
namespace {

std::string quoted_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string key_text(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? name : quoted_text(name);
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out = "[";
  for (std::size_t i = 0; i < names.size(); ++i) out += (i ? ", " : "") + quoted_text(names[i]);
  return out + "]";
}

/// A float holds 15 digits; what is longer is written in quotes, which are read exactly.
std::string number_text(std::int64_t scaled, unsigned decimals) {
  const std::string text = decimal_text(scaled, decimals);
  const bool exact_as_float = text.size() <= 16;  // 15 digits and the point
  return decimals == 0 || exact_as_float ? text : quoted_text(text);
}

class Writer {
 public:
  explicit Writer(bool comments) : comments_(comments) {}

  void line(const std::string& text, const char* comment) {
    out_ += text;
    if (comments_ && comment != nullptr) {
      if (text.size() < 40) out_.append(40 - text.size(), ' ');
      out_ += std::string(" # ") + comment;
    }
    out_ += '\n';
  }
  /// A choice that was not taken: shown in comments only.
  void choice(const std::string& text, const char* comment) {
    if (comments_) line("# " + text, comment);
  }

  void note(const std::string& text) { out_ += text.empty() ? "#\n" : "# " + text + "\n"; }
  void blank_line() { out_ += '\n'; }

  void top(const Schema& schema) {
    line("row_limit = " + std::to_string(schema.row_limit),
         "over all versions; with the ranges it decides digits and bounds");
    if (!schema.crosses.empty()) {
      std::string crosses;
      for (const auto& cross : schema.crosses) {
        crosses += (crosses.empty() ? "" : ", ") + list_of(cross);
      }
      line("crosses = [" + crosses + "]", "joint dimensions");
    } else {
      choice("crosses = [[\"A\", \"B\"]]", "joint dimensions: GROUP BY a, b; WHERE a GROUP BY b");
    }
    if (!schema.partition.empty()) {
      line("partition = " + list_of(schema.partition), "dimensions that become units");
    } else {
      choice("partition = [\"A\"]", "dimensions that become units instead of indicators");
    }
    if (!schema.lattice.empty()) {
      line("lattice = " + list_of(schema.lattice), "persons per cell are counted and sealed");
    } else {
      choice("lattice = [\"A\"]", "at most three; persons per cell are counted and sealed");
    }
    optional_name("person", schema.person, "source column: who counts as one; default: the row");
    optional_name("weight", schema.weight,
                  "source column of 0 and 1: rows that count as persons; default: all");
    if (schema.allow_small_units) {
      line("allow_small_units = true", "units with fewer than 8 rows per column are accepted");
    } else {
      choice("allow_small_units = true",
             "accept units with fewer than 8 rows per column (totals then give rows away)");
    }
    storage(schema);
  }

  void column(const ColumnSchema& column) {
    out_ += "[columns." + key_text(column.name) + "]\n";
    line("role = " + quoted_text(role_name(column.role)), "measure | dimension | bins | ignore");
    if (column.from != column.name) line("from = " + quoted_text(column.from), "source column");
    if (column.role == Role::kMeasure) measure(column);
    if (column.role == Role::kDimension) dimension(column);
    if (column.role == Role::kBins) bins(column);
  }

  std::string take() { return std::move(out_); }

 private:
  void optional_name(const std::string& key, const std::optional<std::string>& name,
                     const char* comment) {
    if (name) {
      line(key + " = " + quoted_text(*name), comment);
    } else {
      choice(key + " = \"A\"", comment);
    }
  }
  void flag(const char* key, bool value, const char* comment) {
    if (value) {
      line(std::string(key) + " = true", comment);
    } else {
      choice(std::string(key) + " = true", comment);
    }
  }
  void storage(const Schema& schema) {
    if (schema.unit_row_limit) {
      line("unit_row_limit = " + std::to_string(*schema.unit_row_limit),
           "the most rows of one value of the partition, in one version");
    } else {
      choice("unit_row_limit = 100000",
             "of one value of the partition, in one version: fewer digits and bytes");
    }
    if (!schema.products) {
      line("products = false", "measures are never multiplied: no VAR without powers, no COVAR");
    } else {
      choice("products = false",
             "gives up COVAR, CORR, and VAR without powers = 2: fewer bytes per row");
    }
    if (schema.parameters) {
      line("parameters = " + quoted_text(*schema.parameters), "wide | narrow | sums");
    } else {
      choice("parameters = \"wide\"", "default: the set that stores the fewest bytes per row");
    }
  }
  void measure(const ColumnSchema& column) {
    if (column.decimals > 0) {
      line("decimals = " + std::to_string(column.decimals), "more in a cell are an error");
    } else {
      choice("decimals = 2", "default 0");
    }
    line("min = " + number_text(column.min, column.decimals), "a value outside is an error");
    line("max = " + number_text(column.max, column.decimals), nullptr);
    if (column.powers > 1) {
      line("powers = " + std::to_string(column.powers), "powers stored beside the value");
    } else {
      choice("powers = 2", "stores the square too: variances by group");
    }
    flag("nullable", column.nullable, "NULL allowed; stores a presence column");
  }
  void dimension(const ColumnSchema& column) {
    if (column.part != DatePart::kNone) {
      line("part = " + quoted_text(part_name(column.part)),
           "year | quarter | month | weekday (ISO, 1 = Monday) | hour, in UTC");
    }
    if (!column.categories.empty()) {
      std::string list;
      for (const Category& category : column.categories) {
        if (!list.empty()) list += ", ";
        const auto* whole = std::get_if<std::int64_t>(&category);
        list += whole != nullptr ? std::to_string(*whole)
                                 : quoted_text(std::get<std::string>(category));
      }
      line("categories = [" + list + "]", nullptr);
      flag("other", column.other, "the rest becomes OTHER; default: an unknown value is an error");
    }
    flag("nullable", column.nullable, "adds a category for NULL");
    flag("paired", column.paired,
         "stores check columns: may be counted against another dimension without a cross");
  }
  void bins(const ColumnSchema& column) {
    if (column.decimals > 0) line("decimals = " + std::to_string(column.decimals), "of the edges");
    std::string list;
    for (const std::int64_t edge : column.edges) {
      list += (list.empty() ? "" : ", ") + number_text(edge, column.decimals);
    }
    line("edges = [" + list + "]", "[first, second), and so on, with open ends");
    flag("nullable", column.nullable, "adds a category for NULL");
    flag("paired", column.paired,
         "stores check columns: may be counted against another dimension without a cross");
  }

  bool comments_;
  std::string out_;
};

}  // namespace

std::string write_schema(const Schema& schema, bool comments) {
  Writer writer(comments);
  writer.top(schema);
  for (const ColumnSchema& column : schema.columns) {
    writer.blank_line();
    writer.column(column);
  }
  return writer.take();
}

std::string write_schema(const Schema& schema, const SchemaNotes& notes) {
  Writer writer(true);
  for (const std::string& text : notes.head) writer.note(text);
  writer.blank_line();
  writer.top(schema);
  for (const ColumnSchema& column : schema.columns) {
    writer.blank_line();
    const auto found = notes.columns.find(column.name);
    if (found != notes.columns.end()) {
      for (const std::string& text : found->second) writer.note(text);
    }
    writer.column(column);
  }
  return writer.take();
}

}  // namespace cryptonet::table
