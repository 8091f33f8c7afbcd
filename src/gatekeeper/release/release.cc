// SPDX-License-Identifier: Apache-2.0
// Totals to answer, row by row; see release.h and, for the shape of a plan, plan/plan_content.h.
// Order and limit look at released cells only: suppressed ones are equal to each other and come
// last, whatever the direction. Integer labels are ordered as numbers, other groups as their
// dictionary lists them.
#include "gatekeeper/release/release.h"

#include <algorithm>
#include <numeric>

#include "gatekeeper/release/aggregates.h"

namespace cryptonet::gatekeeper::release {
namespace {

using plan::AggregateForm;
using plan::KeyForm;
using plan::OpenedTotals;
using plan::OutputForm;
using plan::PlanContent;

/// A cell with what it is ordered by.
struct Cell {
  AnswerCell shown;
  Integer exact;             ///< kExact, and integer labels
  std::size_t position = 0;  ///< of a group in its dictionary
};
using Row = std::vector<Cell>;

class Releaser {
 public:
  Releaser(const PlanContent& content, const OpenedTotals& opened,
           const policy::ReleasePolicy& policy)
      : content_(content), opened_(opened), policy_(policy) {}

  std::vector<Row> rows() const {
    std::size_t count = 1;
    for (const KeyForm& key : content_.keys) count *= key.groups.size();
    std::vector<Row> rows;
    rows.reserve(count);
    for (std::size_t i = 0; i < count; ++i) rows.push_back(row(i));
    return rows;
  }

 private:
  Row row(std::size_t index) const {
    std::vector<std::size_t> positions(content_.keys.size());
    for (std::size_t k = positions.size(); k-- > 0;) {
      positions[k] = index % content_.keys[k].groups.size();
      index /= content_.keys[k].groups.size();
    }
    Place place;
    for (std::size_t k = 0; k < positions.size(); ++k) {
      const KeyForm& key = content_.keys[k];
      std::size_t& radix = key.is_partition ? place.unit_class : place.cell;
      radix = radix * key.groups.size() + positions[k];
    }
    Row out;
    for (const OutputForm& output : content_.outputs) {
      if (const auto* key = std::get_if<std::size_t>(&output.value)) {
        out.push_back(label(content_.keys[*key], positions[*key]));
      } else {
        out.push_back(aggregate(std::get<AggregateForm>(output.value), place));
      }
    }
    return out;
  }

  struct Place {
    std::size_t cell = 0;
    std::size_t unit_class = 0;
  };

  Integer moment(std::uint32_t index, const Place& place) const {
    const plan::MomentForm& form = content_.moments[index];
    const std::vector<plan::Term>& terms = form.cells[place.cell];
    Integer sum = 0;
    for (const plan::UnitPlace& unit : content_.unit_classes[form.unit_classes][place.unit_class]) {
      const std::vector<std::int64_t>& totals = opened_[unit.version][unit.unit];
      for (const plan::Term& term : terms) {
        sum += (Integer(totals[term.pair]) * term.multiplicity) << term.shift;
      }
    }
    return sum;
  }

  static Cell label(const KeyForm& key, std::size_t position) {
    const table::Group& group = key.groups[position];
    Cell cell;
    cell.position = position;
    if (group.kind == table::Group::Kind::kNull) return cell;
    if (const auto* number = std::get_if<std::int64_t>(&group.label)) {
      cell.exact = *number;
      cell.shown.kind = key.is_integer ? AnswerCell::Kind::kExact : AnswerCell::Kind::kText;
      cell.shown.text = std::to_string(*number);
    } else {
      cell.shown.kind = AnswerCell::Kind::kText;
      cell.shown.text = std::get<std::string>(group.label);
    }
    return cell;
  }

  Cell aggregate(const AggregateForm& form, const Place& place) const {
    Cell cell;
    Sums sums;
    sums.rows = moment(form.rows, place);
    policy::Contribution contribution{static_cast<std::int64_t>(sums.rows), {}};
    if (form.persons) {
      contribution.persons = static_cast<std::int64_t>(moment(*form.persons, place));
    }
    if (!policy::may_release(policy_, contribution)) {
      cell.shown.kind = AnswerCell::Kind::kSuppressed;
      return cell;
    }
    sums.x = moment(form.sum_x, place);
    sums.y = moment(form.sum_y, place);
    sums.xx = moment(form.sum_xx, place);
    sums.yy = moment(form.sum_yy, place);
    sums.xy = moment(form.sum_xy, place);
    AggregateValue value = evaluate(form, sums);
    if (value.kind == AggregateValue::Kind::kExact) {
      const unsigned scale = form.aggregate.function == plan::Function::kCount ? 0 : form.scale_x;
      cell.shown.kind = AnswerCell::Kind::kExact;
      cell.shown.text = exact_text(value.exact, scale);
      cell.exact = std::move(value.exact);
    } else if (value.kind == AggregateValue::Kind::kReal) {
      cell.shown.kind = AnswerCell::Kind::kReal;
      cell.shown.real = value.real;
    }
    return cell;
  }

  const PlanContent& content_;
  const OpenedTotals& opened_;
  const policy::ReleasePolicy& policy_;
};

/// -1, 0 or 1 for two cells that are neither NULL nor suppressed, ascending.
int compare_values(const Cell& a, const Cell& b, bool by_position) {
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (by_position) return sign(a.position, b.position);
  if (a.shown.kind != b.shown.kind) return sign(a.shown.kind, b.shown.kind);
  if (a.shown.kind == AnswerCell::Kind::kExact) return sign(a.exact, b.exact);
  return sign(a.shown.real, b.shown.real);
}

/// Suppressed cells last, then NULL, as one number; values in the middle.
int rank(const Cell& cell, bool nulls_first) {
  if (cell.shown.kind == AnswerCell::Kind::kSuppressed) return 3;
  if (cell.shown.kind == AnswerCell::Kind::kNull) return nulls_first ? 0 : 2;
  return 1;
}

void sort_rows(const PlanContent& content, std::vector<Row>& rows) {
  if (content.order.empty()) return;
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    for (const plan::SortKey& key : content.order) {
      const Cell& left = a[key.output];
      const Cell& right = b[key.output];
      const int left_rank = rank(left, key.nulls_first);
      const int right_rank = rank(right, key.nulls_first);
      if (left_rank != right_rank) return left_rank < right_rank;
      if (left_rank != 1) continue;
      const auto* group = std::get_if<std::size_t>(&content.outputs[key.output].value);
      const bool by_position = group != nullptr && !content.keys[*group].is_integer;
      const int order = compare_values(left, right, by_position);
      if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return false;
  });
}

AnswerColumn column_of(const PlanContent& content, const OutputForm& output) {
  AnswerColumn column;
  column.name = output.name;
  if (const auto* key = std::get_if<std::size_t>(&output.value)) {
    column.type = content.keys[*key].is_integer ? ValueType::kInteger : ValueType::kText;
    return column;
  }
  const AggregateForm& form = std::get<AggregateForm>(output.value);
  switch (form.aggregate.function) {
    case plan::Function::kCount:
      column.type = ValueType::kInteger;
      break;
    case plan::Function::kSum:
      column.type = form.scale_x > 0 ? ValueType::kDecimal : ValueType::kInteger;
      column.scale = form.scale_x;
      break;
    default:
      column.type = ValueType::kReal;
  }
  return column;
}

}  // namespace

Answer release(const plan::CheckedPlan& plan, const plan::OpenedTotals& opened,
               const policy::ReleasePolicy& policy) {
  const PlanContent& content = plan::PlanReader::content(plan);
  CHECK(opened.size() == content.versions.size());
  for (std::size_t v = 0; v < opened.size(); ++v) {
    CHECK(opened[v].size() == content.versions[v].units.size());
    for (const auto& totals : opened[v]) CHECK(totals.size() == content.pairs.size());
  }
  std::vector<Row> rows = Releaser(content, opened, policy).rows();
  sort_rows(content, rows);

  Answer answer;
  for (const OutputForm& output : content.outputs) {
    if (output.visible) answer.columns.push_back(column_of(content, output));
  }
  const std::size_t first = std::min<std::uint64_t>(content.offset, rows.size());
  const std::size_t count =
      std::min<std::uint64_t>(content.limit.value_or(rows.size()), rows.size() - first);
  for (std::size_t i = first; i < first + count; ++i) {
    std::vector<AnswerCell>& shown = answer.rows.emplace_back();
    for (std::size_t c = 0; c < content.outputs.size(); ++c) {
      if (content.outputs[c].visible) shown.push_back(std::move(rows[i][c].shown));
    }
  }
  return answer;
}

}  // namespace cryptonet::gatekeeper::release
