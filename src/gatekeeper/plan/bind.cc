// SPDX-License-Identifier: Apache-2.0
// Pass "bind": names become fields of the schema, groups become codes. Conditions are bound in
// bind_conditions.cc. Names are taken as written; where that finds nothing, a single column of the
// same letters in another case is taken, because SQL folds unquoted names.
#include <algorithm>

#include "gatekeeper/plan/bind_parts.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using table::ColumnSchema;
using table::Role;

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

class Binder {
 public:
  explicit Binder(Draft& draft) : draft_(draft), bound_(draft.bound) {}

  Status run() {
    for (const auto& group : draft_.question.groups) CN_RETURN_IF_ERROR(bind_group(group));
    CN_RETURN_IF_ERROR(bind_conditions(draft_));
    for (const OutputItem& item : draft_.question.outputs) CN_RETURN_IF_ERROR(bind_output(item));
    for (const OrderItem& item : draft_.question.order) CN_RETURN_IF_ERROR(bind_order(item));
    const bool asks = std::ranges::any_of(bound_.outputs, [](const BoundOutput& output) {
      return std::holds_alternative<Aggregate>(output.value);
    });
    if (!asks) {
      return refuse(draft_.question.dataset.offset, "sql.no_aggregate",
                    "the question asks for no aggregate",
                    "add COUNT(*), SUM(…) or another aggregate");
    }
    bound_.limit = draft_.question.limit;
    bound_.offset = draft_.question.offset;
    return base::ok();
  }

 private:
  Error refuse(std::size_t offset, std::string rule, std::string message, std::string hint) {
    return refuse_at(draft_, offset, std::move(rule), std::move(message), std::move(hint));
  }

  /// The name that an ordinal stands for.
  Result<const OutputItem*> item_at(const Ordinal& ordinal, const char* clause) {
    const auto count = static_cast<std::int64_t>(draft_.question.outputs.size());
    if (ordinal.position < 1 || ordinal.position > count) {
      return refuse(ordinal.offset, "sql.ordinal",
                    std::string(clause) + " position " + std::to_string(ordinal.position) +
                        " is not in the SELECT list",
                    "positions are 1 to " + std::to_string(count));
    }
    return &draft_.question.outputs[static_cast<std::size_t>(ordinal.position - 1)];
  }

  Status bind_group(const std::variant<Ordinal, Name>& group) {
    Name name;
    if (const auto* ordinal = std::get_if<Ordinal>(&group)) {
      CN_ASSIGN(const OutputItem* item, item_at(*ordinal, "GROUP BY"));
      CN_ASSIGN(name, group_name(*item, ordinal->offset));
    } else {
      name = std::get<Name>(group);
      if (!find_column(draft_, name.text)) {
        for (const OutputItem& item : draft_.question.outputs) {
          if (!item.aliased || item.name != name.text) continue;
          CN_ASSIGN(name, group_name(item, name.offset));
          break;
        }
      }
    }
    CN_ASSIGN(const std::uint32_t field, need_column(draft_, name));
    CN_RETURN_IF_ERROR(need_groups(field, name));
    const bool known =
        std::ranges::any_of(bound_.keys, [&](const GroupKey& key) { return key.field == field; });
    if (!known) {
      const std::size_t groups = table::group_count(draft_.column(field));
      bound_.keys.push_back({field, static_cast<std::uint32_t>(groups)});
    }
    return base::ok();
  }

  Result<Name> group_name(const OutputItem& item, std::size_t offset) {
    if (const auto* name = std::get_if<Name>(&item.value)) return Name{name->text, offset};
    return refuse(offset, "sql.group_by", "GROUP BY cannot name an aggregate",
                  "group by a dimension or a bins column");
  }

  Status need_groups(std::uint32_t field, const Name& name) {
    const ColumnSchema& column = draft_.column(field);
    if (column.role == Role::kDimension || column.role == Role::kBins) return base::ok();
    return refuse(name.offset, "plan.role",
                  column.name + " is a measure; GROUP BY takes dimensions and bins",
                  "add to the schema: " + toml_header(column.name + "_bin") +
                      " role = \"bins\", from = " + toml_text(column.from) + ", edges = […]");
  }

  Result<std::size_t> key_of(const Name& name) {
    CN_ASSIGN(const std::uint32_t field, need_column(draft_, name));
    for (std::size_t i = 0; i < bound_.keys.size(); ++i) {
      if (bound_.keys[i].field == field) return i;
    }
    return refuse(name.offset, "sql.group_by",
                  name.text + " stands outside an aggregate and is not in GROUP BY",
                  "add GROUP BY " + name.text);
  }

  Result<Aggregate> bind_call(const Call& call) {
    Aggregate aggregate{call.function, {}};
    for (const Name& name : call.arguments) {
      CN_ASSIGN(const std::uint32_t field, need_column(draft_, name));
      const ColumnSchema& column = draft_.column(field);
      if (column.role != Role::kMeasure && call.function != Function::kCount) {
        return refuse(
            name.offset, "plan.role",
            column.name + " is no measure; " + function_name(call.function) + " takes measures",
            "add to the schema: " + toml_header(column.name + "_value") +
                " role = \"measure\", from = " + toml_text(column.from));
      }
      aggregate.fields.push_back(field);
    }
    return aggregate;
  }

  Status bind_output(const OutputItem& item) {
    BoundOutput output{item.name, true, {}, 0};
    if (const auto* name = std::get_if<Name>(&item.value)) {
      CN_ASSIGN(output.value, key_of(*name));
      output.offset = name->offset;
    } else {
      CN_ASSIGN(output.value, bind_call(std::get<Call>(item.value)));
      output.offset = std::get<Call>(item.value).offset;
    }
    bound_.outputs.push_back(std::move(output));
    return base::ok();
  }

  /// The output with this value; a hidden one is added when there is none.
  std::size_t output_of(std::variant<std::size_t, Aggregate> value, std::size_t offset) {
    for (std::size_t i = 0; i < bound_.outputs.size(); ++i) {
      if (bound_.outputs[i].value == value) return i;
    }
    bound_.outputs.push_back({"", false, std::move(value), offset});
    return bound_.outputs.size() - 1;
  }

  Status bind_order(const OrderItem& item) {
    SortKey key{0, item.descending, item.nulls_first};
    if (const auto* ordinal = std::get_if<Ordinal>(&item.value)) {
      CN_ASSIGN(const OutputItem* target, item_at(*ordinal, "ORDER BY"));
      key.output = static_cast<std::size_t>(target - draft_.question.outputs.data());
    } else if (const auto* call = std::get_if<Call>(&item.value)) {
      CN_ASSIGN(Aggregate aggregate, bind_call(*call));
      key.output = output_of(std::move(aggregate), call->offset);
    } else {
      const Name& name = std::get<Name>(item.value);
      const auto& outputs = draft_.question.outputs;
      const auto alias = std::ranges::find_if(outputs, [&](const OutputItem& output) {
        return output.aliased && output.name == name.text;
      });
      if (alias != outputs.end()) {
        key.output = static_cast<std::size_t>(alias - outputs.begin());
      } else {
        CN_ASSIGN(const std::size_t position, key_of(name));
        key.output = output_of(position, name.offset);
      }
    }
    bound_.order.push_back(key);
    return base::ok();
  }

  Draft& draft_;
  BoundQuestion& bound_;
};

}  // namespace

Error refuse_at(const Draft& draft, std::size_t offset, std::string rule, std::string message,
                std::string hint) {
  return error_at(
      draft.sql, offset,
      Error(ErrorCode::kBadInput, std::move(rule), std::move(message), std::move(hint)));
}

bool matches_name(std::string_view written, std::string_view name, bool exactly) {
  return exactly ? written == name : same_letters(written, name);
}

std::optional<std::uint32_t> find_column(const Draft& draft, std::string_view name) {
  const auto& columns = draft.dataset->schema.columns;
  for (const bool exactly : {true, false}) {
    std::optional<std::uint32_t> found;
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < columns.size(); ++i) {
      if (!matches_name(name, columns[i].name, exactly)) continue;
      found = i;
      ++count;
    }
    if (count == 1) return found;
  }
  return std::nullopt;
}

Result<std::uint32_t> need_column(const Draft& draft, const Name& name) {
  const std::optional<std::uint32_t> field = find_column(draft, name.text);
  if (!field) {
    return refuse_at(draft, name.offset, "plan.unknown_column",
                     "there is no column " + name.text + " in " + draft.dataset->name,
                     "cryptonet describe " + draft.dataset->name + " lists the columns");
  }
  if (draft.column(*field).role == Role::kIgnore) {
    return refuse_at(draft, name.offset, "plan.ignored_column",
                     name.text + " is not stored: its role is \"ignore\"",
                     "give it another role in the schema: " + toml_header(name.text) +
                         " role = \"dimension\" or role = \"measure\"");
  }
  return *field;
}

std::optional<std::uint32_t> null_code(const ColumnSchema& column) {
  const std::vector<table::Group> groups = table::groups_of(column);
  for (std::uint32_t code = 0; code < groups.size(); ++code) {
    if (groups[code].kind == table::Group::Kind::kNull) return code;
  }
  return std::nullopt;
}

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

std::string toml_header(const std::string& column) {
  const bool bare = !column.empty() && std::ranges::all_of(column, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return "[columns." + (bare ? column : toml_text(column)) + "]";
}

Result<Draft> bind_pass(Draft draft) {
  CN_RETURN_IF_ERROR(Binder(draft).run());
  std::string text;
  const auto add = [&](std::uint32_t field, const std::string& what) {
    text += (text.empty() ? "" : "; ") + draft.column(field).name + " = " + what;
  };
  for (const GroupKey& key : draft.bound.keys) {
    add(key.field, "key of " + std::to_string(key.groups) + " groups");
  }
  for (const auto& [field, codes] : draft.bound.allowed) {
    add(field, "narrowed to " + std::to_string(std::ranges::count(codes, true)) + " of " +
                   std::to_string(codes.size()) + " groups");
  }
  draft.note("bind", text.empty() ? "no groups and no conditions" : text);
  return draft;
}

}  // namespace cryptonet::gatekeeper::plan
