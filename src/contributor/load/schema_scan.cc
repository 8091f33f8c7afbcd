// SPDX-License-Identifier: Apache-2.0
// From statistics to a proposal. What cannot be used as it is stays in the text as an ignored
// column with a comment that says why and what to write instead.
#include "contributor/load/schema_scan.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/stop.h"
#include "contributor/load/column_statistics.h"
#include "table/parameter_choice.h"
#include "table/unit_rules.h"

namespace cryptonet::contributor::load {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using table::ColumnSchema;
using table::Role;

/// Small tables are not judged: 20 different ages are no identifiers.
constexpr std::uint64_t kRowsToJudge = 100;
constexpr std::size_t kMaxGroupsOfIntegers = 16;

/// The nearest number with two digits that is not nearer to zero (outwards) or not farther from it.
std::int64_t two_digits(std::int64_t value, bool outwards) {
  const std::int64_t size = value < 0 ? -value : value;
  std::int64_t unit = 1;
  while (size / unit >= 100) unit *= 10;
  std::int64_t rounded = size / unit * unit;
  if (outwards && rounded != size && __builtin_add_overflow(rounded, unit, &rounded)) return value;
  return value < 0 ? -rounded : rounded;
}

/// 1, 2 or 5 times a power of ten, at least five times the rows: the limit holds over all versions
/// and cannot be raised later, so it must leave room for years of appends.
std::uint64_t proposed_row_limit(std::uint64_t rows) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  const std::uint64_t wanted = std::max<std::uint64_t>(5 * rows, 5'000);
  std::uint64_t power = 1;
  while (true) {
    for (const std::uint64_t step : {1U, 2U, 5U}) {
      if (step * power >= kMost) return kMost;
      if (step * power >= wanted) return step * power;
    }
    power *= 10;
  }
}

/// A word that names identifiers: "id", "patient_id", "PatientId", "key", "ssn" …
bool is_named_like_an_identifier(const std::string& name) {
  std::vector<std::string> words(1);
  char before = 0;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    const bool new_word = upper && before >= 'a' && before <= 'z';
    if (!letter || new_word) words.emplace_back();
    if (letter) words.back().push_back(static_cast<char>(std::tolower(c)));
    before = c;
  }
  static const std::set<std::string> kWords = {
      "id",  "ids",  "uid",     "uuid", "guid", "key",      "index", "ssn", "phone",
      "tel", "iban", "account", "nr",   "code", "passport", "card",  "mrn"};
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return kWords.contains(word); });
}

class Proposal {
 public:
  explicit Proposal(std::uint64_t rows) { schema_.row_limit = proposed_row_limit(rows); }

  /// `shared`: another column of the table has the same name, so that none of them can be used.
  void add(const SourceColumn& source, std::size_t position, const ColumnStatistics& statistics,
           bool shared) {
    if (!sources_.insert(source.name).second) {
      head_.push_back("Column " + std::to_string(position + 1) +
                      " has the name of an earlier one: rename it to use it.");
      return;
    }
    const std::string name = free_name(source.name, position);
    if (shared) {
      ignore(name, source.name, {"several columns of the table have this name: rename them"});
    } else if (source.kind == RawKind::kUnsupported) {
      ignore(name, source.name, {"type " + source.type + ": cannot be encrypted as it is"});
    } else if (statistics.only_nulls()) {
      ignore(name, source.name, {"every row is NULL"});
    } else if (statistics.dates()) {
      dates(name, source.name, statistics);
    } else if (statistics.numbers()) {
      number(name, source.name, statistics);
    } else if (statistics.inexact_numbers()) {
      ignore(name, source.name,
             {"numbers that no 64-bit decimal of 15 decimals holds: round them in the source"});
    } else {
      text(name, source.name, statistics);
    }
  }

  table::Schema& schema() { return schema_; }
  table::SchemaNotes notes;
  std::vector<std::string> head_;

 private:
  std::string free_name(const std::string& wanted, std::size_t position) {
    std::string name = wanted.substr(0, table::kMaxNameBytes - 16);
    const bool sound = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (!sound || name.size() < wanted.size()) name = "column_" + std::to_string(position + 1);
    std::string candidate = name;
    for (int i = 2; !names_.insert(folded(candidate)).second; ++i) {
      candidate = name + "_" + std::to_string(i);
    }
    return candidate;
  }
  static std::string folded(std::string name) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
  }

  ColumnSchema& put(const std::string& name, const std::string& from, Role role,
                    std::vector<std::string> lines = {}) {
    ColumnSchema& column = schema_.columns.emplace_back();
    column.name = name;
    column.from = from;
    column.role = role;
    notes.columns[name] = std::move(lines);
    return column;
  }
  void ignore(const std::string& name, const std::string& from, std::vector<std::string> lines) {
    put(name, from, Role::kIgnore, std::move(lines));
  }

  void dates(const std::string& name, const std::string& from, const ColumnStatistics& statistics) {
    std::vector<table::DatePart> parts = {table::DatePart::kMonth, table::DatePart::kWeekday};
    if (statistics.years().size() <= kMaxDistinct) {
      parts.insert(parts.begin(), table::DatePart::kYear);
    }
    if (statistics.has_time()) parts.push_back(table::DatePart::kHour);
    for (const table::DatePart part : parts) {
      const std::string part_text(table::part_name(part));
      const std::string part_column = free_name(name + "_" + part_text, 0);
      ColumnSchema& column = put(part_column, from, Role::kDimension);
      column.part = part;
      column.nullable = statistics.nulls() > 0;
      if (part == table::DatePart::kYear) {
        for (const std::int64_t year : statistics.years()) column.categories.emplace_back(year);
      }
    }
  }

  void number(const std::string& name, const std::string& from,
              const ColumnStatistics& statistics) {
    const std::uint64_t cells = statistics.rows() - statistics.nulls();
    const bool differ = statistics.decimals() == 0 && cells >= kRowsToJudge &&
                        100 * statistics.distinct_estimate() >= 97 * cells;
    // Quantities can differ too; identifiers also count rows, or have a telling name or length.
    const auto span = static_cast<table::WideInteger>(statistics.max()) - statistics.min();
    const bool identifies =
        differ && (5 * span <= 6 * static_cast<table::WideInteger>(cells) ||
                   statistics.min() >= 100'000'000 || is_named_like_an_identifier(from));
    ColumnSchema measure;
    measure.name = name;
    measure.from = from;
    measure.role = Role::kMeasure;
    measure.decimals = statistics.decimals();
    measure.min = two_digits(statistics.min(), statistics.min() < 0);
    measure.max = two_digits(statistics.max(), statistics.max() > 0);
    measure.nullable = statistics.nulls() > 0;
    if (identifies) {
      ignore(name, from,
             {"(nearly) every value is different: it looks like an identifier, which must not be",
              "uploaded. If it is a quantity: role = \"measure\", min = " +
                  table::decimal_text(measure.min, 0) +
                  ", max = " + table::decimal_text(measure.max, 0)});
      return;
    }
    schema_.columns.push_back(measure);
    auto& lines = notes.columns[name];
    if (differ) {
      lines.push_back("(nearly) every value is different: if it identifies, role = \"ignore\"");
    }
    if (measure.decimals == 0 && !statistics.many_distinct() &&
        statistics.distinct().size() <= kMaxGroupsOfIntegers) {
      suggest_groups(lines, name, from, statistics);
    } else {
      suggest_bins(lines, measure);
    }
  }

  static void suggest_groups(std::vector<std::string>& lines, const std::string& name,
                             const std::string& from, const ColumnStatistics& statistics) {
    std::set<std::int64_t> values;
    for (const std::string& text : statistics.distinct()) {
      values.insert(table::parse_decimal(trimmed_number(text), 0).value_or(0));
    }
    std::string list;
    for (const std::int64_t value : values) {
      list += (list.empty() ? "" : ", ") + std::to_string(value);
    }
    ColumnSchema column;
    column.name = name + "_group";
    column.from = from;
    lines.push_back("few values: to GROUP BY it, add a column with role = \"dimension\",");
    lines.push_back("from = " + quoted(from) + ", categories = [" + list + "]" +
                    (statistics.nulls() > 0 ? ", nullable = true" : ""));
  }

  static std::string trimmed_number(const std::string& text) {
    const auto first = text.find_first_not_of(" \t");
    const auto last = text.find_last_not_of(" \t");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
  }

  static void suggest_bins(std::vector<std::string>& lines, const ColumnSchema& measure) {
    std::string list;
    std::int64_t before = measure.min;
    for (std::int64_t i = 1; i <= 3; ++i) {
      const auto edge = static_cast<std::int64_t>(
          measure.min + (static_cast<table::WideInteger>(measure.max) - measure.min) * i / 4);
      if (edge <= before) return;
      before = edge;
      list += (list.empty() ? "" : ", ") + table::decimal_text(edge, measure.decimals);
    }
    lines.push_back("to GROUP BY ranges of it, add a column with role = \"bins\",");
    lines.push_back("from = " + quoted(measure.from) +
                    (measure.decimals > 0 ? ", decimals = " + std::to_string(measure.decimals)
                                          : std::string()) +
                    ", edges = [" + list + "]" + (measure.nullable ? ", nullable = true" : ""));
  }

  static std::string quoted(const std::string& name) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '"' && c != '\\';
    });
    return plain ? "\"" + name + "\"" : "the source column";
  }

  void text(const std::string& name, const std::string& from, const ColumnStatistics& statistics) {
    const std::uint64_t cells = statistics.rows() - statistics.nulls();
    const std::uint64_t distinct = statistics.distinct_estimate();
    if (statistics.many_distinct() || 2 * distinct > cells + 4) {
      const bool differ = 100 * distinct >= 97 * cells;
      ignore(name, from,
             {differ ? "(nearly) every text is different: it looks like an identifier or a note"
                     : "about " + std::to_string(distinct) +
                           " different texts: too many for a dictionary that is proposed unasked",
              "to GROUP BY it, list the frequent ones: role = \"dimension\", categories = [\"A\"], "
              "other = true"});
      return;
    }
    ColumnSchema& column = put(name, from, Role::kDimension);
    column.nullable = statistics.nulls() > 0;
    for (const std::string& category : statistics.distinct()) {
      // The category OTHER would meet what `other = true` adds later.
      column.categories.emplace_back(category);
    }
  }

  table::Schema schema_;
  std::set<std::string> names_;  ///< folded
  std::set<std::string> sources_;
};

std::string bytes_text(std::uint64_t bytes) {
  const char* const units[] = {"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  const auto tenths = static_cast<std::uint64_t>(value * 10 + 0.5);
  return std::to_string(tenths / 10) + (unit > 0 ? "." + std::to_string(tenths % 10) : "") + " " +
         units[unit];
}

/// The set that was chosen, what it saves, and why it is no smaller one.
std::vector<std::string> lines_about(const table::ParameterChoice& choice) {
  std::string chosen = std::string("Parameters: ") + choice.set->name +
                       ", the set with the fewest " +
                       "bytes per row that holds these ranges, rows and products";
  if (choice.wide_bytes_per_row && *choice.wide_bytes_per_row > choice.bytes_per_row) {
    const std::uint64_t saved = *choice.wide_bytes_per_row - choice.bytes_per_row;
    chosen += "; it saves " + std::to_string(100 * saved / *choice.wide_bytes_per_row) +
              " % of the " + std::to_string(*choice.wide_bytes_per_row) + " bytes per row of wide";
  }
  std::vector<std::string> lines = {chosen + "."};
  for (const std::string& why : choice.why_no_smaller) lines.push_back("Not " + why + ".");
  return lines;
}

/// Adds what the proposal costs to notes and warnings.
base::Status add_storage(Proposal& proposal, ProposedSchema& out) {
  CN_ASSIGN(const auto choice, table::choose_parameters(out.schema, out.rows));
  const auto& set = *choice.set;
  const table::Storage storage = table::storage_of(out.schema, choice.layout, set, out.rows);
  out.parameters = set.name;
  const std::uint64_t column_bytes = set.packed_bytes() / set.ring_degree();
  out.stored_columns = storage.stored_columns;
  out.bytes_per_row = storage.bytes_per_row;
  for (std::size_t i = 0; i < out.schema.columns.size(); ++i) {
    const std::uint64_t count = storage.field_columns[i];
    if (count == 0) continue;
    auto& lines = proposal.notes.columns[out.schema.columns[i].name];
    lines.insert(lines.begin(), std::to_string(count) +
                                    (count == 1 ? " encrypted column, " : " encrypted columns, ") +
                                    std::to_string(count * column_bytes) + " bytes per row");
  }
  auto& head = proposal.notes.head;
  head.push_back("Schema of a table of " + std::to_string(out.rows) +
                 " rows, found by looking at all of them. Check every choice.");
  head.push_back("Ranges are rounded outwards, so that they give no extreme value away.");
  head.push_back("Storage: " + std::to_string(storage.bytes_per_row) + " bytes per row (" +
                 std::to_string(storage.stored_columns) + " encrypted columns), " +
                 bytes_text(storage.bytes) + " in all; hints: " + bytes_text(storage.hint_bytes) +
                 " per unit.");
  for (std::string& line : lines_about(choice)) head.push_back(std::move(line));
  head.insert(head.end(), proposal.head_.begin(), proposal.head_.end());
  if (storage.bytes_per_row > table::kStorageWarningBytesPerRow) {
    const std::string warning = "the schema stores " + std::to_string(storage.bytes_per_row) +
                                " bytes per row, more than " +
                                std::to_string(table::kStorageWarningBytesPerRow) +
                                ": drop columns or categories that nobody will ask for, or "
                                "partition by a dimension";
    out.warnings.push_back(warning);
    head.push_back("WARNING: " + warning + ".");
  }
  const std::uint64_t needed = table::kMinRowsPerColumn * storage.stored_columns;
  if (out.rows < needed) {
    out.warnings.push_back("the table has " + std::to_string(out.rows) + " rows, but " +
                           std::to_string(storage.stored_columns) + " encrypted columns need " +
                           std::to_string(needed) +
                           " in every unit: `encrypt` will refuse this schema as it stands");
    head.push_back("WARNING: " + out.warnings.back() + ".");
  }
  return base::ok();
}

}  // namespace

Result<ProposedSchema> scan_schema(const TableSource& source,
                                   const std::function<void(double)>& progress) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < source.columns().size(); ++i) wanted.push_back(i);
  CN_ASSIGN(const auto reader, source.read(wanted));
  std::vector<ColumnStatistics> statistics(wanted.size());
  ProposedSchema out;
  while (true) {
    CN_RETURN_IF_ERROR(base::check_stop());
    CN_ASSIGN(const RawBatch batch, reader->next());
    if (batch.rows == 0) break;
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      statistics[i].add(batch.columns[i], batch.rows);
    }
    out.rows += batch.rows;
    if (progress) progress(reader->progress());
  }
  if (out.rows == 0) {
    return Error(ErrorCode::kBadInput, "table.no_rows", "the table has no rows",
                 "give a table with at least one row")
        .at(source.path().string());
  }
  Proposal proposal(out.rows);
  std::map<std::string, int> bearers;  // how many columns have each name
  for (const SourceColumn& column : source.columns()) ++bearers[column.name];
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    const SourceColumn& column = source.columns()[i];
    proposal.add(column, i, statistics[i], bearers[column.name] > 1);
  }
  out.schema = proposal.schema();
  CN_RETURN_IF_ERROR(add_storage(proposal, out));
  out.toml = table::write_schema(out.schema, proposal.notes);
  return out;
}

}  // namespace cryptonet::contributor::load
