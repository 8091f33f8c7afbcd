// SPDX-License-Identifier: Apache-2.0
// The schema of a table: what each source column means and how it is encoded. Written as TOML by
// `cryptonet schema`, edited by the contributor, sealed into the legend, and read by the gatekeeper
// to bind questions. Unknown keys are errors with file, line and column. docs/formats/schema.md has
// the grammar.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "table/decimal.h"

namespace cryptonet::table {

enum class Role : std::uint8_t { kMeasure, kDimension, kBins, kIgnore };
enum class DatePart : std::uint8_t { kNone, kYear, kQuarter, kMonth, kWeekday, kHour };

/// One entry of a dictionary, as it stands in answers.
using Category = std::variant<std::int64_t, std::string>;

/// A measure's numbers are scaled integers: the declared decimal value times 10^decimals.
struct ColumnSchema {
  std::string name;
  Role role = Role::kIgnore;
  std::string from;  ///< source column; never empty once parsed (default: name)

  // measure
  unsigned decimals = 0;  ///< 0 to kMaxDecimals; also the scale of `edges`
  std::int64_t min = 0;   ///< scaled, included
  std::int64_t max = 0;   ///< scaled, included
  unsigned powers = 1;    ///< 1 to 4: x, x^2, … are stored
  bool nullable = false;  ///< measure: a presence column; dimension, bins: a category for NULL

  // dimension
  /// All integers or all texts, in dictionary order. Empty when the dictionary of `part` is whole.
  std::vector<Category> categories;
  bool other = false;
  bool paired = false;
  DatePart part = DatePart::kNone;

  // bins: [edges[i], edges[i+1]), with (-inf, edges[0]) and [edges.back(), inf) at the ends
  std::vector<std::int64_t> edges;

  bool operator==(const ColumnSchema&) const = default;
};

struct Schema {
  std::uint64_t row_limit = 0;
  std::vector<std::vector<std::string>> crosses;  ///< of two or three dimensions or bins each
  std::vector<std::string> partition;             ///< dimensions or bins
  std::vector<std::string> lattice;               ///< dimensions or bins, at most three
  std::optional<std::string> person;              ///< source column
  std::optional<std::string> weight;              ///< source column
  bool allow_small_units = false;
  /// The most rows of one unit: of one value of the partition in one version; default: row_limit.
  std::optional<std::uint64_t> unit_row_limit;
  /// Whether measures may be multiplied with each other and themselves in questions.
  bool products = true;
  /// The parameter set by name; default: the cheapest that holds everything.
  std::optional<std::string> parameters;
  std::vector<ColumnSchema> columns;

  const ColumnSchema* find(std::string_view name) const;
  std::uint64_t most_unit_rows() const { return unit_row_limit.value_or(row_limit); }
  bool operator==(const Schema&) const = default;
};

/// One group of a dimension (or of bins): what a row's cell becomes, and what an answer shows.
struct Group {
  enum class Kind : std::uint8_t { kCategory, kOther, kNull } kind = Kind::kCategory;
  Category label;  ///< the category; "OTHER"; for bins the text "[0, 500)"; meaningless for kNull
};
/// The groups of a dimension or bins column in dictionary order: categories (or bins), OTHER, NULL
/// last. A group's position is the code under which rows are encoded.
std::vector<Group> groups_of(const ColumnSchema& column);
/// Their number, without making them.
std::size_t group_count(const ColumnSchema& column);
/// The smallest and largest value of a date part with a whole dictionary; nothing for kNone, kYear.
std::optional<std::pair<std::int64_t, std::int64_t>> part_range(DatePart part);
std::string_view role_name(Role role);
std::string_view part_name(DatePart part);

inline constexpr std::size_t kMaxSchemaBytes = 8U << 20;
inline constexpr std::size_t kMaxSchemaColumns = 4096;
inline constexpr std::size_t kMaxCategories = 65536;  ///< of one column
inline constexpr std::size_t kMaxNameBytes = 255;     ///< of a column or a text category

/// A rule that a schema breaks, and where: "columns.delay.min", "crosses"; columns by name.
struct SchemaProblem {
  std::string key;
  std::string rule;
  std::string message;
  std::string hint;
};
/// The first broken rule of a schema that was made by hand; nothing when it is sound.
std::optional<SchemaProblem> find_problem(const Schema& schema);

/// Parses and validates; every error names `file`, line, column, key and mend. kBadInput.
base::Result<Schema> parse_schema(std::string_view toml, const std::string& file);
/// Canonical TOML: equal schemas give equal text, and parse_schema gives the schema back. With
/// `comments` it explains every choice (for people; not canonical).
std::string write_schema(const Schema& schema, bool comments = false);
/// Lines for people: at the head of the text, and above the table of a column. Without '#'.
struct SchemaNotes {
  std::vector<std::string> head;
  std::map<std::string, std::vector<std::string>> columns;
};
std::string write_schema(const Schema& schema, const SchemaNotes& notes);

}  // namespace cryptonet::table
