// SPDX-License-Identifier: Apache-2.0
// Factors, covers, and what to add to the schema where there is none.
#include "gatekeeper/plan/factors.h"

#include <algorithm>

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::ErrorCode;
using table::IndicatorFamily;

Factor single(std::optional<std::uint32_t> column) {
  CHECK(column.has_value());
  return Factor{{{*column, 0}}};
}

Factor digits_factor(const table::DigitPlan& plan) {
  Factor factor;
  for (std::uint32_t i = 0; i < plan.count; ++i) {
    factor.digits.push_back({plan.column_of(i), i == 0 ? 0 : plan.width_bits * i});
  }
  return factor;
}

bool is_partition(const Draft& draft, std::uint32_t field) {
  return std::ranges::count(draft.dataset->layout.partition_fields(), field) > 0;
}

Needs all_needs(const Draft& draft, const Moment& moment, bool partition) {
  Needs needs;
  const auto add = [&](std::uint32_t field) {
    if (is_partition(draft, field) != partition) return;
    needs.try_emplace(field, table::groups_of(draft.column(field)).size(), true);
  };
  for (const GroupKey& key : draft.bound.keys) add(key.field);
  for (const auto& [field, codes] : draft.bound.allowed) {
    add(field);
    if (const auto need = needs.find(field); need != needs.end()) need->second = codes;
  }
  for (const std::uint32_t field : moment.not_null) {
    add(field);
    if (const auto need = needs.find(field); need != needs.end()) {
      need->second[*null_code(draft.column(field))] = false;
    }
  }
  return needs;
}

bool has_field(const IndicatorFamily& family, std::uint32_t field) {
  return std::ranges::count(family.fields, field) > 0;
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? ", " : "") + toml_text(name);
  return text + "]";
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : (i + 1 == names.size() ? " and " : ", ")) + names[i];
  }
  return text;
}

/// The needed dimensions by name: those of GROUP BY as written, then those of WHERE.
std::vector<std::string> needed_names(const Draft& draft, const Needs& needs) {
  std::vector<std::uint32_t> fields;
  for (const GroupKey& key : draft.bound.keys) {
    if (needs.contains(key.field)) fields.push_back(key.field);
  }
  for (const auto& [field, codes] : needs) {
    if (std::ranges::count(fields, field) == 0) fields.push_back(field);
  }
  std::vector<std::string> names;
  for (const std::uint32_t field : fields) names.push_back(draft.column(field).name);
  return names;
}

/// The lines that make `cross` a cross and move `moved` to the partition, whose columns no cross
/// may name.
std::string mend_lines(const Draft& draft, const std::vector<std::string>& cross,
                       const std::vector<std::string>& moved) {
  const table::Schema& schema = draft.dataset->schema;
  auto crosses = schema.crosses;
  std::erase_if(crosses, [&](const auto& declared) {
    return std::ranges::any_of(
        declared, [&](const std::string& name) { return std::ranges::count(moved, name) > 0; });
  });
  const bool known = std::ranges::any_of(
      crosses, [&](const auto& declared) { return std::ranges::is_permutation(declared, cross); });
  if (cross.size() > 1 && !known) crosses.push_back(cross);
  std::string lines;
  if (crosses != schema.crosses) {
    for (const auto& names : crosses) lines += (lines.empty() ? "" : ", ") + list_text(names);
    lines = "crosses = [" + lines + "]";
  }
  if (!moved.empty()) {
    std::vector<std::string> partition = schema.partition;
    partition.insert(partition.end(), moved.begin(), moved.end());
    lines += (lines.empty() ? "" : "; ") + ("partition = " + list_text(partition));
  }
  return lines;
}

std::string powers_line(const Draft& draft, const Moment& moment) {
  const bool squares =
      std::ranges::any_of(moment.powers, [](const auto& entry) { return entry.second >= 2; });
  if (!squares) return {};
  std::string text;
  const auto add = [&](std::uint32_t field) {
    if (draft.dataset->layout.digits(field, 2)) return;
    text += (text.empty() ? "" : "; ") + toml_header(draft.column(field).name) + " powers = 2";
  };
  for (const auto& [field, power] : moment.powers) add(field);
  // x^2 beside the presence of y: the question will want y^2 beside that of x, if x may be NULL.
  const bool nullable = draft.column(moment.powers.begin()->first).nullable;
  for (const std::uint32_t field : moment.present) {
    if (nullable) add(field);
  }
  return text;
}

}  // namespace

std::vector<Factor> factors_of(const Draft& draft, const Moment& moment) {
  const table::StoredLayout& layout = draft.dataset->layout;
  std::vector<Factor> factors;
  for (const auto& [field, power] : moment.powers) {
    if (const auto stored = layout.digits(field, power)) {
      factors.push_back(digits_factor(*stored));
      continue;
    }
    const auto base = layout.digits(field, 1);
    CHECK(base.has_value());
    for (unsigned i = 0; i < power; ++i) factors.push_back(digits_factor(*base));
  }
  bool persons_left = moment.persons;
  for (const std::uint32_t field : moment.present) {
    factors.push_back(single(persons_left ? layout.weighted_presence_column(field)
                                          : layout.presence_column(field)));
    persons_left = false;
  }
  if (persons_left) factors.push_back(single(layout.weight_column()));
  if (factors.empty()) factors.push_back(single(layout.rows_column()));
  return factors;
}

Needs needs_of(const Draft& draft, const Moment& moment) { return all_needs(draft, moment, false); }

Needs partition_needs_of(const Draft& draft, const Moment& moment) {
  return all_needs(draft, moment, true);
}

std::vector<std::uint32_t> decode(const IndicatorFamily& family, std::uint32_t code) {
  std::vector<std::uint32_t> groups(family.fields.size());
  for (std::size_t i = groups.size(); i-- > 0;) {
    groups[i] = code % family.group_counts[i];
    code /= family.group_counts[i];
  }
  return groups;
}

std::uint32_t code_count(const IndicatorFamily& family) {
  std::uint32_t count = 1;
  for (const std::uint32_t groups : family.group_counts) count *= groups;
  return count;
}

std::optional<Cover> find_cover(const Draft& draft, const Needs& needs, const Moment& moment,
                                std::size_t factors) {
  if (needs.empty()) return Cover{};
  if (factors > 1) return std::nullopt;
  const auto& families = draft.dataset->layout.families();
  std::optional<Cover> best;
  std::uint64_t best_codes = 0;
  const auto offer = [&](Cover cover) {
    std::uint64_t codes = 1;
    for (const std::uint32_t family : cover) codes *= code_count(families[family]);
    const bool reaches = std::ranges::all_of(needs, [&](const auto& need) {
      return std::ranges::any_of(
          cover, [&](std::uint32_t family) { return has_field(families[family], need.first); });
    });
    if (!reaches || (best && best_codes <= codes)) return;
    best = std::move(cover);
    best_codes = codes;
  };
  for (std::uint32_t i = 0; i < families.size(); ++i) offer({i});
  // Without a value of its own, a count may multiply two indicators, one of which is checked.
  const bool counts_rows = moment.powers.empty() && moment.present.empty() && !moment.persons;
  if (best || !counts_rows) return best;
  for (std::uint32_t i = 0; i < families.size(); ++i) {
    for (std::uint32_t j = 0; families[i].paired && j < families.size(); ++j) {
      if (i != j) offer({i, j});
    }
  }
  return best;
}

namespace {
/// The refusal where the schema gave products up.
Error without_products(const Draft& draft, const Moment& moment) {
  const std::string powers = powers_line(draft, moment);
  const bool only_a_square = moment.powers.size() == 1 && moment.present.empty() && !powers.empty();
  if (only_a_square) {
    return Error(ErrorCode::kBadInput, "plan.unreachable",
                 "the square of " + draft.column(moment.powers.begin()->first).name +
                     " is needed and is not stored",
                 "add to the schema: " + powers);
  }
  return Error(ErrorCode::kBadInput, "plan.unreachable",
               "a product of two columns is needed, and the schema says products = false",
               "change in the schema: products = true");
}
}  // namespace

Error unreachable(const Draft& draft, const Moment& moment, const Needs& needs,
                  std::size_t factors) {
  if (factors > 1 && !draft.dataset->schema.products) return without_products(draft, moment);
  std::vector<std::string> names = needed_names(draft, needs);
  std::vector<std::string> measures;
  for (const auto& [field, power] : moment.powers) measures.push_back(draft.column(field).name);
  const std::string squared = names_text(measures);
  for (const std::uint32_t field : moment.present) measures.push_back(draft.column(field).name);
  const std::string powers = factors > 1 ? powers_line(draft, moment) : "";
  std::string lines;
  std::string message;
  const bool still_product = moment.powers.size() + moment.present.size() > 1;
  if (factors > 1 && (powers.empty() || still_product) && !names.empty()) {
    message =
        "a product of " + names_text(measures) + " by " + names_text(names) + " is not stored";
    lines = mend_lines(draft, {}, names);
    if (!powers.empty() && factors > 2) lines += "; " + powers;
  } else if (factors > 1) {
    message = "the square of " + squared + " is needed beside " +
              (names.empty() ? std::string("the presence of another column") : names_text(names)) +
              " and is not stored";
    lines = powers;
  }
  const bool one_product = factors == 1 || (!still_product && !powers.empty());
  if (one_product && names.size() > 1) {
    const bool covered =
        find_cover(draft, needs, Moment{{{0, 1}}, {}, {}, false, 0}, 1).has_value();
    if (!covered) {
      if (message.empty()) message = names_text(names) + " are not stored jointly";
      std::vector<std::string> moved;
      while (names.size() > 3) {
        moved.push_back(names.back());
        names.pop_back();
      }
      lines += (lines.empty() ? "" : "; ") + mend_lines(draft, names, moved);
    }
  }
  return Error(ErrorCode::kBadInput, "plan.unreachable", message, "add to the schema: " + lines);
}

}  // namespace cryptonet::gatekeeper::plan
