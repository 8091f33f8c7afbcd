// SPDX-License-Identifier: Apache-2.0
// A plan in the making, handed from pass to pass, and the list of the passes.
#pragma once

#include <set>
#include <span>

#include "gatekeeper/plan/plan_content.h"

namespace cryptonet::gatekeeper::plan {

/// One sum over rows of a product: x^i * y^j * (x, y … present) * (counts as a person).
struct Moment {
  std::map<std::uint32_t, unsigned> powers;  ///< measure -> exponent, from 1
  std::set<std::uint32_t> present;           ///< nullable measures that must not be NULL
  std::set<std::uint32_t> not_null;          ///< dimensions whose NULL group does not count
  bool persons = false;
  /// Where the first aggregate that needs it stands; no part of what it is.
  std::size_t offset = 0;
  bool same_sum(const Moment& other) const {
    return powers == other.powers && present == other.present && not_null == other.not_null &&
           persons == other.persons;
  }
};

struct PassNote {
  std::string pass;
  std::string text;
};

struct Draft {
  std::string sql;
  const DatasetView* dataset = nullptr;
  Question question;            // parse
  BoundQuestion bound;          // bind
  std::vector<Moment> moments;  // rewrite
  PlanContent content;          // rewrite and later
  std::vector<PassNote> notes;  // every pass

  const table::ColumnSchema& column(std::uint32_t field) const {
    return dataset->schema.columns[field];
  }
  void note(std::string pass, std::string text) {
    notes.push_back({std::move(pass), std::move(text)});
  }
};

base::Result<Draft> parse_pass(Draft draft);
base::Result<Draft> bind_pass(Draft draft);
base::Result<Draft> rewrite_pass(Draft draft);
base::Result<Draft> encode_pass(Draft draft);
base::Result<Draft> bound_pass(Draft draft);
base::Result<Draft> cost_pass(Draft draft);
/// The policy: cannot be left out, because it alone makes a CheckedPlan.
base::Result<CheckedPlan> check_pass(Draft draft);

struct Pass {
  const char* name;
  base::Result<Draft> (*run)(Draft);
};
/// All passes but check, in order.
std::span<const Pass> passes();

/// "1 unit", "2 units".
std::string counted(std::uint64_t count, const std::string& thing);
/// The text of --explain.
std::string explain(const Draft& draft);
/// A canonical text of the bound question.
std::string fingerprint_of(const Draft& draft);

}  // namespace cryptonet::gatekeeper::plan
