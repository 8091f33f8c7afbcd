// SPDX-License-Identifier: Apache-2.0
// Pass "encode": every moment becomes column pairs and the way their totals are put together.
//   one factor, no groups       sum of the column (tagged)
//   two factors                 x_i * y_j, the lower column tagged; for x*x only i <= j, doubled
//   one factor, one family      x_i (tagged) * indicator, for every code that counts
//   rows, two families          indicator of the paired family (tagged) * indicator of the other
// Partitions cost no pair: they select units. Pairs are kept once and in canonical order, so that
// totals are shared between the aggregates of this question and with earlier ones.
#include <algorithm>

#include "gatekeeper/plan/factors.h"

namespace cryptonet::gatekeeper::plan {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::open::CheckedPair;
using columns::open::PairSide;

constexpr std::uint64_t kMaxAnswerRows = 100000;
constexpr std::uint64_t kMaxPairs = 1U << 18;

Error too_many(const std::string& what, std::uint64_t count, std::uint64_t limit) {
  return Error(ErrorCode::kRefused, "plan.too_large",
               "the question needs " + std::to_string(count) + " " + what + "; the limit is " +
                   std::to_string(limit),
               "group by fewer columns, or narrow them in WHERE");
}

class Encoder {
 public:
  explicit Encoder(Draft& draft) : draft_(draft), layout_(draft.dataset->layout) {}

  Status run() {
    CN_RETURN_IF_ERROR(prepare_keys());
    select_units();
    for (const Moment& moment : draft_.moments) {
      CN_RETURN_IF_ERROR(encode_moment(moment));
      if (pairs_.size() > kMaxPairs) return too_many("column pairs", pairs_.size(), kMaxPairs);
    }
    sort_pairs();
    return base::ok();
  }

 private:
  Status prepare_keys() {
    std::uint64_t rows = 1;
    for (const GroupKey& key : draft_.bound.keys) {
      KeyForm form;
      form.groups = table::groups_of(draft_.column(key.field));
      form.is_partition = std::ranges::count(layout_.partition_fields(), key.field) > 0;
      form.is_integer = std::ranges::all_of(form.groups, [](const table::Group& group) {
        return group.kind == table::Group::Kind::kNull ||
               std::holds_alternative<std::int64_t>(group.label);
      });
      rows *= key.groups;
      if (rows > kMaxAnswerRows) return too_many("rows in its answer", rows, kMaxAnswerRows);
      (form.is_partition ? classes_ : cells_) *= key.groups;
      draft_.content.keys.push_back(std::move(form));
    }
    return base::ok();
  }

  /// Mixed radix over the keys that are (or are not) partitions.
  template <typename CodeOf>
  std::size_t key_index(bool partition, CodeOf code_of) const {
    std::size_t index = 0;
    for (std::size_t i = 0; i < draft_.bound.keys.size(); ++i) {
      if (draft_.content.keys[i].is_partition != partition) continue;
      const GroupKey& key = draft_.bound.keys[i];
      index = index * key.groups + code_of(key.field);
    }
    return index;
  }

  bool unit_counts(const UnitView& unit, const Needs& needs) const {
    const auto& fields = layout_.partition_fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto need = needs.find(fields[i]);
      if (need != needs.end() && !need->second[unit.partition[i]]) return false;
    }
    return true;
  }

  void select_units() {
    const Needs needs = partition_needs_of(draft_, Moment{});
    const auto& versions = draft_.dataset->versions;
    for (std::uint32_t v = 0; v < versions.size(); ++v) {
      PlannedVersion planned{v, {}};
      for (std::uint32_t u = 0; u < versions[v].units.size(); ++u) {
        if (unit_counts(versions[v].units[u], needs)) planned.units.push_back(u);
      }
      if (!planned.units.empty()) draft_.content.versions.push_back(std::move(planned));
    }
  }

  /// The units of each class that count for a moment; equal sets are kept once.
  std::uint32_t unit_classes_of(const Needs& needs) {
    const auto [place, fresh] = variants_.try_emplace(
        needs, static_cast<std::uint32_t>(draft_.content.unit_classes.size()));
    if (!fresh) return place->second;
    std::vector<std::vector<UnitPlace>> classes(classes_);
    const auto& fields = layout_.partition_fields();
    for (std::uint32_t v = 0; v < draft_.content.versions.size(); ++v) {
      const PlannedVersion& planned = draft_.content.versions[v];
      for (std::uint32_t u = 0; u < planned.units.size(); ++u) {
        const UnitView& unit =
            draft_.dataset->versions[planned.version_index].units[planned.units[u]];
        if (!unit_counts(unit, needs)) continue;
        const std::size_t index = key_index(true, [&](std::uint32_t field) {
          const auto at = std::ranges::find(fields, field) - fields.begin();
          return unit.partition[static_cast<std::size_t>(at)];
        });
        classes[index].push_back({v, u});
      }
    }
    draft_.content.unit_classes.push_back(std::move(classes));
    return place->second;
  }

  Status encode_moment(const Moment& moment) {
    const std::vector<Factor> factors = factors_of(draft_, moment);
    const Needs needs = needs_of(draft_, moment);
    const auto cover = find_cover(draft_, needs, moment, factors.size());
    const std::size_t most_factors = draft_.dataset->schema.products ? 2 : 1;
    if (!cover || factors.size() > most_factors) {
      return error_at(draft_.sql, moment.offset,
                      unreachable(draft_, moment, needs, factors.size()));
    }
    for (const Factor& factor : factors) {
      digits_ = std::max(digits_, static_cast<unsigned>(factor.digits.size()));
    }
    MomentForm form;
    form.cells.resize(cells_);
    form.unit_classes = unit_classes_of(partition_needs_of(draft_, moment));
    if (cover->empty() && factors.size() == 2) {
      CN_RETURN_IF_ERROR(encode_product(factors, form.cells[0]));
    } else if (cover->empty()) {
      for (const Factor::Digit& digit : factors[0].digits) {
        CN_RETURN_IF_ERROR(add({digit.column, true}, {}, digit.shift, 1, form.cells[0]));
      }
    } else {
      CN_RETURN_IF_ERROR(encode_cells(factors[0], *cover, needs, form));
    }
    draft_.content.moments.push_back(std::move(form));
    return base::ok();
  }

  Status encode_product(const std::vector<Factor>& factors, std::vector<Term>& terms) {
    const auto& left = factors[0].digits;
    const auto& right = factors[1].digits;
    const bool square = left.front().column == right.front().column;
    for (std::size_t i = 0; i < left.size(); ++i) {
      for (std::size_t j = square ? i : 0; j < right.size(); ++j) {
        const std::uint32_t low = std::min(left[i].column, right[j].column);
        const std::uint32_t high = std::max(left[i].column, right[j].column);
        CN_RETURN_IF_ERROR(add({low, true}, PairSide{high, false}, left[i].shift + right[j].shift,
                               square && i != j ? 2 : 1, terms));
      }
    }
    return base::ok();
  }

  /// The groups of every needed dimension under one code per family; empty when the families
  /// contradict each other or a group does not count.
  std::map<std::uint32_t, std::uint32_t> groups_under(const Cover& cover,
                                                      const std::vector<std::uint32_t>& codes,
                                                      const Needs& needs) const {
    std::map<std::uint32_t, std::uint32_t> groups;
    for (std::size_t f = 0; f < cover.size(); ++f) {
      const table::IndicatorFamily& family = layout_.families()[cover[f]];
      const std::vector<std::uint32_t> decoded = decode(family, codes[f]);
      for (std::size_t i = 0; i < decoded.size(); ++i) {
        const auto need = needs.find(family.fields[i]);
        if (need != needs.end() && !need->second[decoded[i]]) return {};
        const auto [place, fresh] = groups.try_emplace(family.fields[i], decoded[i]);
        if (!fresh && place->second != decoded[i]) return {};
      }
    }
    return groups;
  }

  Status encode_cells(const Factor& factor, const Cover& cover, const Needs& needs,
                      MomentForm& form) {
    const auto& families = layout_.families();
    const std::uint32_t inner = cover.size() == 2 ? code_count(families[cover[1]]) : 1;
    for (std::uint32_t a = 0; a < code_count(families[cover[0]]); ++a) {
      for (std::uint32_t b = 0; b < inner; ++b) {
        const auto groups = groups_under(cover, {a, b}, needs);
        if (groups.empty()) continue;
        const std::size_t cell =
            key_index(false, [&](std::uint32_t field) { return groups.at(field); });
        std::vector<Term>& terms = form.cells[cell];
        const std::uint32_t first = families[cover[0]].column_of(a);
        if (cover.size() == 2) {
          CN_RETURN_IF_ERROR(
              add({first, true}, PairSide{families[cover[1]].column_of(b), false}, 0, 1, terms));
          continue;
        }
        for (const Factor::Digit& digit : factor.digits) {
          CN_RETURN_IF_ERROR(
              add({digit.column, true}, PairSide{first, false}, digit.shift, 1, terms));
        }
      }
      if (pairs_.size() > kMaxPairs) return too_many("column pairs", pairs_.size(), kMaxPairs);
    }
    return base::ok();
  }

  Status add(PairSide left, std::optional<PairSide> right, std::uint32_t shift,
             std::uint32_t multiplicity, std::vector<Term>& terms) {
    CN_ASSIGN(const CheckedPair pair,
              CheckedPair::create({layout_.twins(), layout_.checks()}, left, right));
    const auto [place, fresh] =
        places_.try_emplace(pair, static_cast<std::uint32_t>(pairs_.size()));
    if (fresh) pairs_.push_back(planned(pair, left.column, right));
    terms.push_back({place->second, shift, multiplicity});
    return base::ok();
  }

  /// The pair with the range that one row can add to its total.
  PlannedPair planned(const CheckedPair& pair, std::uint32_t left,
                      const std::optional<PairSide>& right) const {
    const table::StoredColumn& a = layout_.columns()[left];
    if (!right) return {pair, a.low, a.high};
    const table::StoredColumn& b = layout_.columns()[right->column];
    const auto product = [](std::int64_t x, std::int64_t y) {
      return static_cast<std::int64_t>(Integer(x) * y);  // saturates; the bound pass then refuses
    };
    const auto [low, high] = std::minmax({product(a.low, b.low), product(a.low, b.high),
                                          product(a.high, b.low), product(a.high, b.high)});
    if (left != right->column) return {pair, low, high};
    const bool crosses_zero = a.low < 0 && a.high > 0;
    return {pair, crosses_zero ? 0 : std::max<std::int64_t>(low, 0), high};
  }

  /// Canonical order of the pairs; terms follow.
  void sort_pairs() {
    std::vector<std::uint32_t> order(pairs_.size());
    std::uint32_t next = 0;
    for (const auto& [pair, place] : places_) {
      order[place] = next++;
      draft_.content.pairs.push_back(pairs_[place]);
    }
    for (MomentForm& form : draft_.content.moments) {
      for (std::vector<Term>& terms : form.cells) {
        for (Term& term : terms) term.pair = order[term.pair];
      }
    }
    draft_.content.figures.digits = digits_;
  }

  Draft& draft_;
  const table::StoredLayout& layout_;
  std::size_t cells_ = 1;
  std::size_t classes_ = 1;
  unsigned digits_ = 1;
  std::map<Needs, std::uint32_t> variants_;
  std::vector<PlannedPair> pairs_;
  std::map<CheckedPair, std::uint32_t> places_;
};

}  // namespace

Result<Draft> encode_pass(Draft draft) {
  CN_RETURN_IF_ERROR(Encoder(draft).run());
  std::uint64_t units = 0;
  for (const PlannedVersion& version : draft.content.versions) units += version.units.size();
  const unsigned checks = draft.dataset->layout.checks();
  draft.content.figures.pairs = (1 + checks) * draft.content.pairs.size();
  draft.content.figures.units = units;
  draft.note(
      "encode",
      counted(draft.content.pairs.size(), "total") +
          (checks == 1 ? ", each with its check, over " : ", each with its two checks, over ") +
          counted(units, "unit") + " of " + counted(draft.content.versions.size(), "version"));
  return draft;
}

}  // namespace cryptonet::gatekeeper::plan
