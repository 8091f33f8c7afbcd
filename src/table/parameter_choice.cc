// SPDX-License-Identifier: Apache-2.0
#include "table/parameter_choice.h"

#include <algorithm>

#include "table/unit_rules.h"

namespace cryptonet::table {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using columns::format::ParameterSet;

std::uint64_t column_bytes(const ParameterSet& set) {
  return set.packed_bytes() / set.ring_degree();
}

Result<ParameterChoice> fit(const Schema& schema, const ParameterSet& set) {
  const std::uint64_t rows = schema.most_unit_rows();
  if (rows > set.max_unit_rows) {
    return Error(
        ErrorCode::kRefused, "layout.unit_rows",
        std::string(schema.unit_row_limit ? "unit_row_limit " : "row_limit ") +
            std::to_string(rows) + " is above the " + std::to_string(set.max_unit_rows) +
            " rows that a unit may have",
        "declare a smaller unit_row_limit, and partition the table where it has more rows");
  }
  CN_ASSIGN(StoredLayout layout, StoredLayout::create(schema, set));
  const std::uint64_t bytes = layout.columns().size() * column_bytes(set);
  return ParameterChoice{&set, std::move(layout), bytes, {}, {}};
}

/// The measure whose digits cost most in `larger` beside what they cost in `smaller`: "'x' takes 3
/// digits instead of 1".
std::string digits_that_cost(const Schema& schema, const ParameterChoice& larger,
                             const ParameterChoice& smaller) {
  std::string worst;
  std::uint32_t most = 0;
  for (std::uint32_t field = 0; field < schema.columns.size(); ++field) {
    for (unsigned power = 1; power <= schema.columns[field].powers; ++power) {
      const auto there = larger.layout.digits(field, power);
      const auto here = smaller.layout.digits(field, power);
      if (!there || !here || there->count - here->count <= most || there->count < here->count) {
        continue;
      }
      most = there->count - here->count;
      worst = ": '" + schema.columns[field].name +
              (power > 1 ? "^" + std::to_string(power) : std::string()) + "' takes " +
              std::to_string(there->count) + " digits instead of " + std::to_string(here->count);
    }
  }
  return worst;
}

/// Passes over the sets with too many columns for the smallest unit, unless all have.
void drop_those_with_too_many_columns(std::uint64_t smallest_unit_rows,
                                      std::vector<Result<ParameterChoice>>& fits) {
  const auto carried = [&](const Result<ParameterChoice>& choice) {
    return choice.ok() && unit_is_large_enough(smallest_unit_rows, choice->layout.columns().size());
  };
  if (std::none_of(fits.begin(), fits.end(), carried)) return;
  for (auto& choice : fits) {
    if (!choice.ok() || carried(choice)) continue;
    const std::uint64_t columns = choice->layout.columns().size();
    choice =
        Error(ErrorCode::kRefused, "layout.small_unit",
              std::to_string(columns) + " encrypted columns need " +
                  std::to_string(kMinRowsPerColumn * columns) +
                  " rows in every unit, and the smallest has " + std::to_string(smallest_unit_rows),
              "partition the table by less, or encrypt fewer columns");
  }
}

}  // namespace

Result<ParameterChoice> choose_parameters(const Schema& schema,
                                          std::optional<std::uint64_t> smallest_unit_rows) {
  const auto sets = columns::format::parameter_sets();
  std::vector<Result<ParameterChoice>> fits;
  for (const ParameterSet* set : sets) fits.push_back(fit(schema, *set));
  if (smallest_unit_rows && !schema.allow_small_units && !schema.parameters) {
    drop_those_with_too_many_columns(*smallest_unit_rows, fits);
  }
  std::size_t best = sets.size();
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const bool asked = schema.parameters && *schema.parameters == sets[i]->name;
    if (asked && !fits[i].ok()) {
      const Error error = fits[i].take_error();
      return Error(
          ErrorCode::kRefused, "layout.parameters",
          "parameters = \"" + *schema.parameters + "\" cannot hold this schema: " + error.message,
          "remove the line, or: " + error.hint);
    }
    if (!fits[i].ok() || (schema.parameters && !asked)) continue;
    if (best == sets.size() || fits[i]->bytes_per_row < fits[best]->bytes_per_row) best = i;
  }
  if (best == sets.size()) return fits.front().take_error();
  ParameterChoice chosen = std::move(*fits[best]);
  if (best == 0) {
    chosen.wide_bytes_per_row = chosen.bytes_per_row;
  } else if (fits.front().ok()) {
    chosen.wide_bytes_per_row = fits.front()->bytes_per_row;
  }
  for (std::size_t i = best + 1; i < sets.size(); ++i) {
    std::string line = std::string(sets[i]->name) + ": ";
    if (!fits[i].ok()) {
      line += fits[i].error().message;
    } else if (fits[i]->bytes_per_row < chosen.bytes_per_row) {
      line += "parameters = \"" + *schema.parameters + "\" is declared";
    } else {
      line += std::to_string(fits[i]->bytes_per_row) + " bytes per row" +
              digits_that_cost(schema, *fits[i], chosen);
    }
    chosen.why_no_smaller.push_back(std::move(line));
  }
  return chosen;
}

}  // namespace cryptonet::table
