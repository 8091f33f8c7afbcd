// SPDX-License-Identifier: Apache-2.0
// Names of roles and parts, and the groups that a dimension or a bins column stands for.
#include "table/schema.h"

namespace cryptonet::table {

const ColumnSchema* Schema::find(std::string_view name) const {
  for (const ColumnSchema& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kMeasure:
      return "measure";
    case Role::kDimension:
      return "dimension";
    case Role::kBins:
      return "bins";
    case Role::kIgnore:
      return "ignore";
  }
  return "ignore";
}

std::string_view part_name(DatePart part) {
  switch (part) {
    case DatePart::kNone:
      return "";
    case DatePart::kYear:
      return "year";
    case DatePart::kQuarter:
      return "quarter";
    case DatePart::kMonth:
      return "month";
    case DatePart::kWeekday:
      return "weekday";
    case DatePart::kHour:
      return "hour";
  }
  return "";
}

std::optional<std::pair<std::int64_t, std::int64_t>> part_range(DatePart part) {
  switch (part) {
    case DatePart::kQuarter:
      return std::pair<std::int64_t, std::int64_t>{1, 4};
    case DatePart::kMonth:
      return std::pair<std::int64_t, std::int64_t>{1, 12};
    case DatePart::kWeekday:
      return std::pair<std::int64_t, std::int64_t>{1, 7};
    case DatePart::kHour:
      return std::pair<std::int64_t, std::int64_t>{0, 23};
    case DatePart::kNone:
    case DatePart::kYear:
      break;
  }
  return std::nullopt;
}

std::size_t group_count(const ColumnSchema& column) {
  std::size_t count = 0;
  if (column.role == Role::kBins) {
    count = column.edges.size() + 1;
  } else if (column.role == Role::kDimension) {
    const auto range = part_range(column.part);
    count = range ? static_cast<std::size_t>(range->second - range->first + 1)
                  : column.categories.size();
    count += column.other ? 1 : 0;
  } else {
    return 0;
  }
  return count + (column.nullable ? 1 : 0);
}

std::vector<Group> groups_of(const ColumnSchema& column) {
  std::vector<Group> groups;
  groups.reserve(group_count(column));
  const auto add = [&groups](Group::Kind kind, Category label) {
    Group& group = groups.emplace_back();
    group.kind = kind;
    group.label = std::move(label);
  };
  if (column.role == Role::kBins) {
    std::string low = "(-inf";
    for (const std::int64_t edge : column.edges) {
      const std::string high = decimal_text(edge, column.decimals);
      add(Group::Kind::kCategory, low + ", " + high + ")");
      low = "[" + high;
    }
    add(Group::Kind::kCategory, low + ", inf)");
  } else if (column.role == Role::kDimension) {
    if (const auto range = part_range(column.part)) {
      for (std::int64_t v = range->first; v <= range->second; ++v) {
        add(Group::Kind::kCategory, v);
      }
    } else {
      for (const Category& category : column.categories) {
        add(Group::Kind::kCategory, category);
      }
    }
    if (column.other) add(Group::Kind::kOther, std::string("OTHER"));
  } else {
    return groups;
  }
  if (column.nullable) add(Group::Kind::kNull, std::string("NULL"));
  return groups;
}

}  // namespace cryptonet::table
