// SPDX-License-Identifier: Apache-2.0
// From schema to stored columns. The digit limits come from the totals: over R rows the sum of
// products of two digits is at most R*d^2 and the sum of one digit R*d; both must stay within
// (t-1)/2, the largest integer that a centred residue can show.
#include "table/stored_columns.h"

#include <algorithm>

#include "columns/format/manifest.h"

namespace cryptonet::table {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Wide = WideInteger;

/// Both ends belong to it.
struct Range {
  Wide low = 0;
  Wide high = 0;
};

std::uint64_t integer_root(std::uint64_t value) {
  std::uint64_t low = 0;
  std::uint64_t high = (std::uint64_t{1} << 32) - 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (middle <= value / middle) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

Wide power_of(Wide base, unsigned exponent) {
  Wide out = 1;
  for (unsigned i = 0; i < exponent; ++i) out *= base;
  return out;
}

/// What one row of x^power may hold; NULL is stored as 0.
Range power_range(const ColumnSchema& column, unsigned power) {
  const Wide a = power_of(column.min, power);
  const Wide b = power_of(column.max, power);
  Range range{std::min(a, b), std::max(a, b)};
  const bool zero_inside = column.min <= 0 && column.max >= 0;
  if (zero_inside || column.nullable) {
    range.low = std::min<Wide>(range.low, 0);
    range.high = std::max<Wide>(range.high, 0);
  }
  return range;
}

bool within(const Range& range, Wide limit) { return range.low >= -limit && range.high <= limit; }

/// floor((value + 2^(w-1)) / 2^w): what is left for the higher digits.
Wide higher_digits(Wide value, unsigned width_bits) {
  return (value + (Wide{1} << (width_bits - 1))) >> width_bits;
}

/// The fewest digits of at most `limit` in size; nothing when not even 120 bits of digits do.
std::optional<DigitPlan> plan_digits(const Range& range, std::uint64_t limit) {
  if (within(range, static_cast<Wide>(limit))) return DigitPlan{};
  if (limit == 0) return std::nullopt;
  DigitPlan plan;
  // The largest w with 2^(w-1) <= limit.
  plan.width_bits = static_cast<unsigned>(64 - __builtin_clzll(limit));
  Range rest = range;
  while (!within(rest, static_cast<Wide>(limit))) {
    rest = {higher_digits(rest.low, plan.width_bits), higher_digits(rest.high, plan.width_bits)};
    if (++plan.count > 120) return std::nullopt;
  }
  return plan;
}

}  // namespace

/// Appends column after column; every check column stands right behind the one it checks.
class LayoutBuilder {
 public:
  LayoutBuilder(const Schema& schema, const LayoutRules& rules) : schema_(schema), rules_(rules) {
    const std::uint64_t largest_total = (rules.plaintext_modulus - 1) / 2;
    single_limit_ = largest_total / schema.most_unit_rows();
    value_limit_ = schema.products ? integer_root(single_limit_) : single_limit_;
    layout_.checks_ = rules.checks;
  }

  Result<StoredLayout> build() {
    if (single_limit_ < 1) {
      return Error(ErrorCode::kRefused, "layout.row_limit",
                   "over row_limit rows even a count would pass the plaintext modulus",
                   "lower row_limit");
    }
    if (schema_.products && !rules_.products && has_measure()) return no_products("two measures");
    add_checked({.kind = StoredKind::kRows, .low = 1, .high = 1});
    if (schema_.weight) add_checked({.kind = StoredKind::kWeight, .low = 0, .high = 1});
    for (std::uint32_t field = 0; field < schema_.columns.size(); ++field) {
      if (schema_.columns[field].role == Role::kMeasure) {
        CN_RETURN_IF_ERROR(add_measure(field));
      }
    }
    for (const std::string& name : schema_.partition) {
      layout_.partition_fields_.push_back(index_of(name));
    }
    for (std::uint32_t field = 0; field < schema_.columns.size(); ++field) {
      CN_RETURN_IF_ERROR(add_dimension(field));
    }
    for (const auto& cross : schema_.crosses) {
      std::vector<std::uint32_t> fields;
      for (const std::string& name : cross) fields.push_back(index_of(name));
      CN_RETURN_IF_ERROR(add_family(std::move(fields), false));
    }
    for (const StoredColumn& column : layout_.columns_) layout_.twins_.push_back(column.twin);
    return std::move(layout_);
  }

 private:
  std::uint32_t index_of(const std::string& name) const {
    const ColumnSchema* column = schema_.find(name);
    CHECK(column != nullptr);
    return static_cast<std::uint32_t>(column - schema_.columns.data());
  }

  bool has_measure() const {
    return std::any_of(schema_.columns.begin(), schema_.columns.end(),
                       [](const ColumnSchema& column) { return column.role == Role::kMeasure; });
  }
  static Error no_products(const std::string& of) {
    return Error(
        ErrorCode::kRefused, "layout.products",
        "the parameter set holds sums of single columns only, and the schema wants "
        "products of " +
            of,
        "partition by every dimension and set products = false, or choose other parameters");
  }

  std::uint32_t next() const { return static_cast<std::uint32_t>(layout_.columns_.size()); }

  void add_checked(StoredColumn column) {
    const std::uint32_t position = next();
    StoredColumn check = column;
    column.twin = position + 1;
    layout_.columns_.push_back(column);
    check.check_of = position;
    for (check.check = 0; check.check < rules_.checks; ++check.check) {
      layout_.columns_.push_back(check);
    }
  }

  Status full() const {
    if (layout_.columns_.size() <= columns::format::kMaxColumns) return base::ok();
    return Error(ErrorCode::kRefused, "layout.too_many_columns",
                 "the schema needs more than " + std::to_string(columns::format::kMaxColumns) +
                     " encrypted columns",
                 "use fewer categories (other = true), fewer crosses, or partition by a dimension");
  }

  Status add_measure(std::uint32_t field) {
    const ColumnSchema& column = schema_.columns[field];
    if (column.nullable) {
      add_checked({.kind = StoredKind::kPresence, .field = field, .low = 0, .high = 1});
      if (schema_.weight) {
        add_checked({.kind = StoredKind::kWeightedPresence, .field = field, .low = 0, .high = 1});
      }
    }
    for (unsigned power = 1; power <= column.powers; ++power) {
      const std::uint64_t limit = power == 1 ? value_limit_ : single_limit_;
      const Range range = power_range(column, power);
      const auto plan = plan_digits(range, limit);
      if (!plan) {
        return Error(ErrorCode::kRefused, "layout.range",
                     "no split into digits lets the totals of column '" + column.name +
                         "' fit the plaintext modulus",
                     "lower row_limit, or narrow min and max");
      }
      add_digits(field, power, *plan, range);
    }
    return full();
  }

  void add_digits(std::uint32_t field, unsigned power, const DigitPlan& plan, Range range) {
    const std::int64_t half = plan.count == 1 ? 0 : std::int64_t{1} << (plan.width_bits - 1);
    for (std::uint32_t digit = 0; digit < plan.count; ++digit) {
      const bool top = digit + 1 == plan.count;
      add_checked({.kind = StoredKind::kDigit,
                   .field = field,
                   .power = power,
                   .digit = digit,
                   .low = top ? static_cast<std::int64_t>(range.low) : -half,
                   .high = top ? static_cast<std::int64_t>(range.high) : half - 1});
      if (!top) {
        range = {higher_digits(range.low, plan.width_bits),
                 higher_digits(range.high, plan.width_bits)};
      }
    }
  }

  Status add_dimension(std::uint32_t field) {
    const ColumnSchema& column = schema_.columns[field];
    if (column.role != Role::kDimension && column.role != Role::kBins) return base::ok();
    const auto& partition = layout_.partition_fields_;
    if (std::find(partition.begin(), partition.end(), field) != partition.end()) return base::ok();
    return add_family({field}, column.paired);
  }

  Status add_family(std::vector<std::uint32_t> fields, bool paired) {
    if (!rules_.products) {
      return no_products("column '" + schema_.columns[fields.front()].name + "' with others");
    }
    IndicatorFamily family;
    family.stride = paired ? 1 + rules_.checks : 1;
    family.paired = paired;
    family.first = next();
    std::uint64_t codes = 1;
    for (const std::uint32_t field : fields) {
      const auto groups = static_cast<std::uint32_t>(group_count(schema_.columns[field]));
      family.group_counts.push_back(groups);
      codes = std::min<std::uint64_t>(codes * groups, columns::format::kMaxColumns + 1);
    }
    family.fields = std::move(fields);
    const auto index = static_cast<std::uint32_t>(layout_.families_.size());
    for (std::uint32_t code = 0; code < codes; ++code) {
      const StoredColumn column{
          .kind = StoredKind::kIndicator, .field = index, .group = code, .low = 0, .high = 1};
      if (paired) {
        add_checked(column);
      } else {
        layout_.columns_.push_back(column);
      }
    }
    layout_.families_.push_back(std::move(family));
    return full();
  }

  const Schema& schema_;
  LayoutRules rules_;
  std::uint64_t single_limit_ = 0;  ///< R*|d| <= (t-1)/2
  std::uint64_t value_limit_ = 0;   ///< of the digits of x: R*d^2 <= (t-1)/2 where they may meet
  StoredLayout layout_;
};

Result<StoredLayout> StoredLayout::create(const Schema& schema, const LayoutRules& rules) {
  return LayoutBuilder(schema, rules).build();
}

namespace {
template <typename Match>
std::optional<std::uint32_t> find_stored(const std::vector<StoredColumn>& columns,
                                         const Match& match) {
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].check_of && match(columns[i])) return i;
  }
  return std::nullopt;
}
}  // namespace

std::optional<std::uint32_t> StoredLayout::weight_column() const {
  return find_stored(columns_, [](const auto& c) { return c.kind == StoredKind::kWeight; });
}

std::optional<std::uint32_t> StoredLayout::presence_column(std::uint32_t field) const {
  return find_stored(columns_, [field](const auto& c) {
    return c.kind == StoredKind::kPresence && c.field == field;
  });
}

std::optional<std::uint32_t> StoredLayout::weighted_presence_column(std::uint32_t field) const {
  return find_stored(columns_, [field](const auto& c) {
    return c.kind == StoredKind::kWeightedPresence && c.field == field;
  });
}

std::optional<DigitPlan> StoredLayout::digits(std::uint32_t field, unsigned power) const {
  const auto is_digit = [field, power](const StoredColumn& c) {
    return c.kind == StoredKind::kDigit && c.field == field && c.power == power && !c.check_of;
  };
  const auto first = find_stored(columns_, is_digit);
  if (!first) return std::nullopt;
  DigitPlan plan;
  plan.first = *first;
  plan.stride = 1 + checks_;
  plan.count =
      static_cast<std::uint32_t>(std::count_if(columns_.begin(), columns_.end(), is_digit));
  if (plan.count > 1) {
    // The lowest digit starts at -2^(w-1).
    const auto half = static_cast<std::uint64_t>(-columns_[*first].low);
    plan.width_bits = static_cast<unsigned>(64 - __builtin_clzll(half));
  }
  return plan;
}

const IndicatorFamily* StoredLayout::find_family(std::span<const std::uint32_t> fields) const {
  for (const IndicatorFamily& family : families_) {
    if (std::equal(family.fields.begin(), family.fields.end(), fields.begin(), fields.end())) {
      return &family;
    }
  }
  return nullptr;
}

void split_digits(WideInteger value, const DigitPlan& plan, std::span<std::int64_t> out) {
  CHECK(out.size() == plan.count && plan.count >= 1);
  for (std::uint32_t i = 0; i + 1 < plan.count; ++i) {
    const Wide rest = higher_digits(value, plan.width_bits);
    out[i] = static_cast<std::int64_t>(value - (rest << plan.width_bits));
    value = rest;
  }
  out[plan.count - 1] = static_cast<std::int64_t>(value);
}

}  // namespace cryptonet::table
