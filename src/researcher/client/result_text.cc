// SPDX-License-Identifier: Apache-2.0
// How answers look. Widths count code points; a code point that a terminal draws two columns wide
// shifts its line and nothing else.
#include "researcher/client/result_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <set>

namespace cryptonet::researcher::client {
namespace {

constexpr const char* kSuppressed = "<suppressed>";

using Places = std::set<std::array<std::uint32_t, 2>>;

Places places_of(const api::QueryResult& result) {
  return {result.suppressed.begin(), result.suppressed.end()};
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The text without what a terminal would obey: C0 and C1 controls and DEL become '?'.
std::string harmless(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
    if (c1) ++i;
    out += (byte < 0x20U || byte == 0x7FU || c1) ? '?' : text[i];
  }
  return out;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string count_of(std::uint64_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string csv_field(const std::string& text) {
  const bool plain = !text.empty() && text != kSuppressed &&
                     text.find_first_of("\",\r\n") == std::string::npos && text.front() != ' ' &&
                     text.back() != ' ';
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// The last digits after the point of a time matter to nobody.
std::string milliseconds(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.1f ms" : "%.0f ms", value);
  return text.data();
}

std::string role_of(const api::ColumnDescription& column) {
  return column.part.empty() ? column.role : column.role + " (" + column.part + ")";
}

std::string content_of(const api::ColumnDescription& column) {
  if (column.role == "measure") {
    std::string text = column.min + " to " + column.max;
    if (column.powers > 1) text += ", powers to " + std::to_string(column.powers);
    return text;
  }
  constexpr std::size_t kShown = 8;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < std::min(kShown, column.groups.size()); ++i) {
    labels.push_back(column.groups[i]);
  }
  std::string text = joined(labels);
  if (column.groups.size() > kShown) {
    text += ", … (" + std::to_string(column.groups.size()) + " groups)";
  }
  return text;
}

}  // namespace

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

base::Status check_shape(const api::QueryResult& result) {
  for (const auto& row : result.rows) {
    if (row.size() == result.columns.size()) continue;
    return base::Error(base::ErrorCode::kBadInput, "", "a row has too many or few cells");
  }
  for (const auto& [row, column] : result.suppressed) {
    if (row < result.rows.size() && column < result.columns.size()) continue;
    return base::Error(base::ErrorCode::kBadInput, "", "a suppressed cell is not there");
  }
  return base::ok();
}

std::string real_text(double value) {
  std::array<char, 64> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.2f %s", value, kUnits[unit]);
  return text.data();
}

std::string aligned(const std::vector<std::string>& header, const std::vector<bool>& right,
                    const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& name : header) widths.push_back(width_of(name));
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      out += (c == 0 ? " " : " | ") + padded(cells[c], widths[c], right[c]);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    text += out + "\n";
  };
  line(header);
  for (std::size_t c = 0; c < widths.size(); ++c) {
    text += (c == 0 ? "" : "+") + std::string(widths[c] + 2, '-');
  }
  text += "\n";
  for (const auto& row : rows) line(row);
  return text;
}

std::string table_of(const api::QueryResult& result) {
  const Places suppressed = places_of(result);
  std::vector<std::string> header;
  std::vector<bool> right;
  for (const auto& column : result.columns) {
    header.push_back(harmless(column.name));
    right.push_back(column.type != "text");
  }
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t r = 0; r < result.rows.size(); ++r) {
    auto& row = rows.emplace_back();
    for (std::uint32_t c = 0; c < result.rows[r].size(); ++c) {
      const api::Cell& cell = result.rows[r][c];
      if (const auto* text = std::get_if<std::string>(&cell)) {
        row.push_back(harmless(*text));
      } else if (const auto* number = std::get_if<double>(&cell)) {
        row.push_back(real_text(*number));
      } else {
        row.emplace_back(suppressed.contains({r, c}) ? kSuppressed : "NULL");
      }
    }
  }
  return aligned(header, right, rows);
}

std::string summary_of(const api::QueryResult& result) {
  std::string text = count_of(result.rows.size(), "row");
  if (!result.suppressed.empty()) {
    text += ", " + count_of(result.suppressed.size(), "cell") + " suppressed";
  }
  text += "; " + harmless(result.dataset) + " version " + std::to_string(result.version);
  if (result.cached) {
    text += "; kept from an earlier answer";
  } else {
    text += "; " + count_of(result.plan.pairs, "pair") + " in " +
            count_of(result.plan.units, "unit") + ", " + bytes_text(result.plan.bytes_read) +
            " read";
  }
  return text + "; " + milliseconds(result.timing_ms.total);
}

std::string csv_of(const api::QueryResult& result) {
  const Places suppressed = places_of(result);
  std::string text;
  for (std::size_t c = 0; c < result.columns.size(); ++c) {
    text += (c == 0 ? "" : ",") + csv_field(result.columns[c].name);
  }
  text += "\r\n";
  for (std::uint32_t r = 0; r < result.rows.size(); ++r) {
    for (std::uint32_t c = 0; c < result.rows[r].size(); ++c) {
      if (c != 0) text += ',';
      const api::Cell& cell = result.rows[r][c];
      if (const auto* words = std::get_if<std::string>(&cell)) {
        text += csv_field(*words);
      } else if (const auto* number = std::get_if<double>(&cell)) {
        text += real_text(*number);
      } else if (suppressed.contains({r, c})) {
        text += kSuppressed;
      }
    }
    text += "\r\n";
  }
  return text;
}

std::string table_of(const api::DatasetList& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& dataset : list.datasets) {
    std::vector<std::string> versions;
    for (const auto version : dataset.versions) versions.push_back(std::to_string(version));
    rows.push_back({harmless(dataset.name), joined(versions), std::to_string(dataset.rows),
                    dataset.frozen ? "frozen" : "ready"});
  }
  return aligned({"dataset", "versions", "rows", "state"}, {false, false, true, false}, rows);
}

std::string table_of(const api::DatasetDescription& dataset) {
  std::string text = "dataset " + harmless(dataset.name) + ", newest version " +
                     std::to_string(dataset.version) + "\n\n";
  std::vector<std::vector<std::string>> versions;
  for (const auto& version : dataset.versions) {
    versions.push_back({std::to_string(version.version), std::to_string(version.rows),
                        std::to_string(version.units), version.frozen ? "frozen" : "ready",
                        version.upload});
  }
  text += aligned({"version", "rows", "units", "state", "upload"}, {true, true, true, false, false},
                  versions);
  std::vector<std::vector<std::string>> columns;
  for (const auto& column : dataset.columns) {
    columns.push_back({harmless(column.name), role_of(column), harmless(column.from),
                       column.nullable ? "yes" : "no", harmless(content_of(column))});
  }
  text += "\n" + aligned({"column", "role", "from", "null", "content"},
                         {false, false, false, false, false}, columns);
  std::vector<std::string> crosses;
  for (const auto& cross : dataset.crosses) crosses.push_back("(" + joined(cross) + ")");
  text += "\n";
  if (!crosses.empty()) text += "crosses: " + harmless(joined(crosses)) + "\n";
  if (!dataset.partition.empty())
    text += "partition: " + harmless(joined(dataset.partition)) + "\n";
  if (!dataset.lattice.empty()) text += "lattice: " + harmless(joined(dataset.lattice)) + "\n";
  if (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace cryptonet::researcher::client
